import Coordination
import Diagnostics
import Messages
import Tensors

/// A unit of shards that is due: its samples, its weights, and where its sums go in the tree.
struct ShardedUnit: Sendable {
    let feed: UnitFeed
    let reducer: TreeReducer
    private let sets: [String: HeldParameters]
    private let feeder: Feeder

    init(_ feed: UnitFeed, from feeder: Feeder, sets: [String: HeldParameters], pool: StoragePool) {
        self.feed = feed
        self.feeder = feeder
        self.sets = sets
        reducer = TreeReducer(feed.tree, top: feed.part.node, pool: pool)
    }

    /// Whether its weights still are what was announced.
    var hasIntactWeights: Bool { sets.values.allSatisfy(\.isIntact) }

    /// Computes one of the feed's nodes on the calling lane.
    /// - Throws: `Problem` also where the weights were overwritten meanwhile, which the coordinator does after it has given this
    ///   worker up.
    func compute(_ node: TreeNode, _ computer: ShardComputer) throws(Problem) -> PartialSum {
        try checkWeights()
        let sum = try sum(feed.shards(of: node), computer)
        try checkWeights()
        return sum
    }

    private func checkWeights() throws(Problem) {
        for (name, held) in sets where !held.isIntact { throw Problem("parameters \(name) changed during the unit") }
    }

    /// - Parameter some: one shard; in training also two.
    private func sum(_ some: [ShardFeed], _ computer: ShardComputer) throws(Problem) -> PartialSum {
        guard let shard = some.first else { throw Problem("a node of no shards") }
        switch feed.work {
        case .train(let unit):
            return try computer.train(
                some, from: feeder, batchCount: unit.batchCount, step: unit.step, seed: unit.seed, parameters: try set(ParameterSet.network))
        case .heads(let unit):
            return try computer.trainHeads(
                shard, from: feeder, batchCount: unit.batchCount,
                parameters: try set(ParameterSet.network),
                statistics: try set(ParameterSet.statistics),
                headParameters: try set(ParameterSet.heads))
        case .survey(let unit):
            return try computer.survey(
                shard, from: feeder, parameters: try set(ParameterSet.network),
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
