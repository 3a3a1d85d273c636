import Coordination
import Messages
import Tensors

/// Work whose results can be checked: a shard's sum is a function of its number, the step and the parameters, of floats so far
/// apart that every order of adding gives other bits. Parameters are one number, which each step's sum moves.
enum ToyWork {
    static let width = 3
    static let changing = "network"
    static let fixed = "statistics"
    static let firstValue: UInt64 = 0x5EED
    static let fixedValue: UInt64 = 0xF17ED

    /// What one shard yields.
    static func leaf(step: Int, shard: Int, value: UInt64, fixed: UInt64) -> [Float] {
        var dice = Dice(seed: value ^ Dice.mixed(fixed &+ UInt64(step) << 32 | UInt64(shard)))
        return (0..<width).map { _ in
            let mantissa = Float(dice.uniform() * 2 - 1)
            return mantissa * [0.001, 1, 1000, 1e6][dice.int(0...3)]
        }
    }

    /// The parameters after a step.
    static func next(_ value: UInt64, sum: [Float]) -> UInt64 {
        sum.reduce(Dice.mixed(value)) { Dice.mixed($0 ^ UInt64($1.bitPattern)) }
    }

    /// What each step's parameters are in a run that nothing disturbs, computed without any of the machinery under test: the
    /// first step's, the second's, …, and those after the last.
    static func undisturbed(steps: Int, shards: Int) -> [UInt64] {
        var values = [firstValue]
        for step in 0..<steps {
            let value = values[step]
            var level = (0..<shards).map { leaf(step: step, shard: $0, value: value, fixed: fixedValue) }
            while level.count > 1 {
                level = stride(from: 0, to: level.count, by: 2).map { left in
                    left + 1 < level.count ? zip(level[left], level[left + 1]).map { $0 + $1 } : level[left]
                }
            }
            values.append(next(value, sum: level[0]))
        }
        return values
    }

    /// A unit's sum along the tree, by the real reducer.
    static func sum(_ unit: TrainUnit, value: UInt64, fixed: UInt64) -> PartialSum? {
        var reducer = TreeReducer(ReductionTree(leafCount: unit.part.shardCount), top: unit.part.node)
        for slice in unit.part.shards {
            reducer.add(
                PartialSum(floats: ["sum": Tensor([width], leaf(step: unit.step, shard: slice.index, value: value, fixed: fixed))]),
                at: TreeNode(level: 0, index: slice.index))
        }
        return reducer.takeTotal()
    }

    /// What a result says of the parameters that it was computed with.
    static func check(_ value: UInt64, _ fixed: UInt64) -> Double { Double(Dice.mixed(value ^ Dice.mixed(fixed)) >> 12) }
}
