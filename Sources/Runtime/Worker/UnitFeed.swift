import Coordination
import Datasets
import Diagnostics
import Foundation
import Messages
import Tensors

/// The samples of a unit, unpacked and checked, shard by shard.
struct UnitFeed: Sendable {
    let work: UnitDescription
    let part: TreePart
    let tree: ReductionTree
    /// In the order of the part's shards.
    let shards: [ShardFeed]

    /// - Parameters:
    ///   - tensors: what came with the unit or before it; none where the worker reads its own copy.
    ///   - own: the splits of that copy.
    /// - Throws: `Problem` when the unit's shards, samples and tree do not fit together.
    init(_ id: UInt64, _ work: UnitDescription, tensors: [WireTensor], task: TaskDescription, own: [String: Split]) throws(Problem) {
        let largest: Int
        switch work {
        case .train(let unit), .heads(let unit): (part, largest) = (unit.part, task.trainingShardSize)
        case .survey(let unit): (part, largest) = (unit.part, task.surveyShardSize)
        case .filters: throw Problem("a filter unit has no shards")
        }
        guard part.shardCount > 0 else { throw Problem("unit \(id): a tree of \(part.shardCount) shards") }
        tree = ReductionTree(leafCount: part.shardCount)
        guard tree.contains(part.node), part.shards.map(\.index) == Array(tree.leaves(of: part.node)) else {
            throw Problem("unit \(id): its shards are not those of tree node \(part.node.level)/\(part.node.index)")
        }
        if case .train = work, !task.judgesNetwork {
            throw Problem("unit \(id): a network of \(task.model.labels) labels cannot learn \(task.labels)")
        }
        for slice in part.shards {
            let count = slice.sampleIndices.count
            guard (1...largest).contains(count), slice.sampleIndices.allSatisfy({ $0 >= 0 && $0 <= Int(UInt32.max) }) else {
                throw Problem("unit \(id): a shard of \(count) samples, between 1 and \(largest) are due")
            }
        }
        self.work = work
        if let samples = tensors.first(where: { $0.name == "samples" })?.data {
            let sources = try Self.unpack(samples, part.shards, id, tensors, task)
            shards = zip(part.shards, sources).map { ShardFeed(index: $0.index, sampleIndices: $0.sampleIndices, source: $1, work: work) }
        } else if let split = work.split.flatMap({ own[$0] }) {
            guard part.shards.allSatisfy({ $0.sampleIndices.allSatisfy { $0 < split.count } }) else {
                throw Problem("unit \(id): a sample beyond the \(split.count) of this worker's copy")
            }
            shards = part.shards.map {
                ShardFeed(index: $0.index, sampleIndices: $0.sampleIndices, source: .own(split), work: work)
            }
        } else {
            throw Problem("unit \(id): samples are missing")
        }
    }

    /// Takes shipped samples apart, shard by shard.
    private static func unpack(
        _ samples: Data, _ slices: [ShardSlice], _ id: UInt64, _ tensors: [WireTensor], _ task: TaskDescription
    ) throws(Problem) -> [ShardFeed.Source] {
        let parts: [Data]
        do {
            parts = try task.preprocessing.encoding.cut(samples, into: slices.map(\.sampleIndices.count))
        } catch {
            throw Problem("unit \(id): \(error.what)")
        }
        let labels: [Int64]
        do throws(ProtocolError) {
            labels = try tensors.first { $0.name == "labels" }?.int64s() ?? []
        } catch {
            throw Problem("unit \(id): \(error.description)")
        }
        let count = slices.reduce(0) { $0 + $1.sampleIndices.count }
        guard labels.count == count, labels.allSatisfy({ (0..<Int64(task.labels)).contains($0) }) else {
            throw Problem("unit \(id): labels are missing or outside 0..<\(task.labels)")
        }
        var first = 0
        return zip(slices, parts).map { slice, part in
            defer { first += slice.sampleIndices.count }
            return .shipped(Data(part), labels: labels[first..<first + slice.sampleIndices.count].map { Int32($0) })
        }
    }

    /// The tree's nodes that lanes compute one at a time: pairs of shards in training, whose gradients one lane adds up as it makes
    /// them, where that leaves no lane idle; else single shards.
    func nodes(lanes: Int) -> [TreeNode] {
        let leaves = tree.leaves(of: part.node)
        let pairs = leaves.filter { $0 % 2 == 0 }.map { TreeNode(level: 1, index: $0 / 2) }
        if case .train = work, part.node.level > 0, pairs.count >= lanes { return pairs }
        return leaves.map { TreeNode(level: 0, index: $0) }
    }

    /// The shards as lanes want them: the first of every node, then the second.
    func order(lanes: Int) -> [ShardFeed] {
        let nodes = nodes(lanes: lanes).map { shards(of: $0) }
        return nodes.compactMap(\.first) + nodes.flatMap { $0.dropFirst() }
    }

    func shards(of node: TreeNode) -> [ShardFeed] {
        let leaves = tree.leaves(of: node)
        return shards.filter { leaves.contains($0.index) }
    }
}
