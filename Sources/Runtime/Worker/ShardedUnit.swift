import Coordination
import Diagnostics
import Foundation
import Messages
import Tensors

/// A unit of shards, unpacked and checked: what each shard computes and where its sum goes in the tree.
struct ShardedUnit: Sendable {
    struct Shard: Sendable {
        let index: Int
        let samples: ShardComputer.Shard
    }

    let description: UnitDescription
    let shards: [Shard]
    let reducer: TreeReducer
    private let sets: [String: HeldParameters]

    /// - Throws: `Problem` when the unit's shards, samples and tree do not fit together.
    init(_ assignment: WorkUnit, task: TaskDescription, sets: [String: HeldParameters], pool: StoragePool) throws(Problem) {
        let part: TreePart
        let largest: Int
        switch assignment.work {
        case .train(let unit), .heads(let unit): (part, largest) = (unit.part, task.trainingShardSize)
        case .survey(let unit): (part, largest) = (unit.part, task.surveyShardSize)
        case .filters: throw Problem("a filter unit has no shards")
        }
        guard part.shardCount > 0 else { throw Problem("unit \(assignment.id): a tree of \(part.shardCount) shards") }
        let tree = ReductionTree(leafCount: part.shardCount)
        guard tree.contains(part.node), part.shards.map(\.index) == Array(tree.leaves(of: part.node)) else {
            throw Problem("unit \(assignment.id): its shards are not those of tree node \(part.node.level)/\(part.node.index)")
        }
        if case .train = assignment.work, !task.judgesNetwork {
            throw Problem("unit \(assignment.id): a network of \(task.model.labels) labels cannot learn \(task.labels)")
        }
        description = assignment.work
        reducer = TreeReducer(tree, top: part.node, pool: pool)
        self.sets = sets
        shards = try Self.unpack(part.shards, assignment, task: task, largest: largest)
    }

    /// Takes the samples apart, shard by shard.
    private static func unpack(
        _ slices: [ShardSlice], _ assignment: WorkUnit, task: TaskDescription, largest: Int
    ) throws(Problem) -> [Shard] {
        let count = slices.reduce(0) { $0 + $1.sampleIndices.count }
        guard let samples = assignment.tensors.first(where: { $0.name == "samples" })?.data else {
            throw Problem("unit \(assignment.id): samples are missing")
        }
        let parts: [Data]
        do {
            parts = try task.preprocessing.encoding.cut(samples, into: slices.map(\.sampleIndices.count))
        } catch {
            throw Problem("unit \(assignment.id): \(error.what)")
        }
        let labels: [Int64]
        do throws(ProtocolError) {
            labels = try assignment.tensors.first { $0.name == "labels" }?.int64s() ?? []
        } catch {
            throw Problem("unit \(assignment.id): \(error.description)")
        }
        guard labels.count == count, labels.allSatisfy({ (0..<Int64(task.labels)).contains($0) }) else {
            throw Problem("unit \(assignment.id): labels are missing or outside 0..<\(task.labels)")
        }
        var first = 0
        var shards: [Shard] = []
        for (slice, part) in zip(slices, parts) {
            let end = first + slice.sampleIndices.count
            guard end > first, end - first <= largest, slice.sampleIndices.allSatisfy({ $0 >= 0 && $0 <= Int(UInt32.max) }) else {
                throw Problem("unit \(assignment.id): a shard of \(end - first) samples, between 1 and \(largest) are due")
            }
            shards.append(Shard(index: slice.index, samples: ShardComputer.Shard(
                samples: Data(part), labels: labels[first..<end].map { Int32($0) }, indices: slice.sampleIndices)))
            first = end
        }
        return shards
    }

    /// The tree's nodes that lanes compute one at a time: pairs of shards in training, whose gradients one lane adds up as it makes them,
    /// where that leaves no lane idle; else single shards.
    func nodes(lanes: Int) -> [TreeNode] {
        let leaves = reducer.tree.leaves(of: reducer.top)
        let pairs = leaves.filter { $0 % 2 == 0 }.map { TreeNode(level: 1, index: $0 / 2) }
        if case .train = description, reducer.top.level > 0, pairs.count >= lanes { return pairs }
        return leaves.map { TreeNode(level: 0, index: $0) }
    }

    /// Computes one of `nodes` on the calling lane.
    /// - Throws: `Problem` also where the weights were overwritten meanwhile, which the coordinator does after it has given this
    ///   worker up.
    func compute(_ node: TreeNode, _ computer: ShardComputer) throws(Problem) -> PartialSum {
        let leaves = reducer.tree.leaves(of: node)
        try checkWeights()
        let sum = try sum(shards.filter { leaves.contains($0.index) }, computer)
        try checkWeights()
        return sum
    }

    private func checkWeights() throws(Problem) {
        for (name, held) in sets where !held.isIntact { throw Problem("parameters \(name) changed during the unit") }
    }

    /// - Parameter some: one shard; in training also two.
    private func sum(_ some: [Shard], _ computer: ShardComputer) throws(Problem) -> PartialSum {
        guard let shard = some.first else { throw Problem("a node of no shards") }
        switch description {
        case .train(let unit):
            return try computer.train(
                some.map(\.samples), batchCount: unit.batchCount, step: unit.step, epoch: unit.epoch, seed: unit.seed, augment: unit.augment,
                parameters: try set(ParameterSet.network))
        case .heads(let unit):
            return try computer.trainHeads(
                shard.samples, batchCount: unit.batchCount, epoch: unit.epoch, seed: unit.seed, augment: unit.augment,
                parameters: try set(ParameterSet.network),
                statistics: try set(ParameterSet.statistics),
                headParameters: try set(ParameterSet.heads))
        case .survey(let unit):
            return try computer.survey(
                shard.samples, parameters: try set(ParameterSet.network),
                statistics: try set(ParameterSet.statistics),
                headParameters: unit.wantHeads ? try set(ParameterSet.heads) : nil,
                wantLabelSums: unit.wantLabelSums)
        case .filters: throw Problem("a filter unit has no shards")
        }
    }

    private func set(_ name: String) throws(Problem) -> ParameterVector {
        guard let held = sets[name] else { throw Problem("a unit that needs \(name) did not say so") }
        return held.vector
    }
}
