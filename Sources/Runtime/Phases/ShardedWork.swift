import Coordination
import Datasets
import Diagnostics
import Messages
import Tensors

/// Work over shards of samples that adds up along the fixed tree: a training step, a step of the heads, a survey. It is cut into
/// units when it is made, so that their samples can go out before they are due.
struct ShardedWork {
    private let tree: ReductionTree
    private let units: [WorkUnit]
    private let nodes: [UInt64: TreeNode]
    /// How many workers it was cut for.
    let workers: Int

    /// Cuts the work into units, each a node of the tree; see `UnitCut`.
    /// - Parameters:
    ///   - shards: each shard's samples, as positions in the split.
    ///   - unitsPerWorker: 1 where a step waits for its slowest unit; more where many shards let fast workers
    ///     take more. It changes who computes what, never a bit of the sum.
    ///   - describe: the unit for one node's shards.
    init(
        split: Split, shards: [[Int]], on cluster: Cluster, unitsPerWorker: Int,
        describe: (TreePart) -> UnitDescription
    ) {
        tree = ReductionTree(leafCount: shards.count)
        workers = cluster.workers.count
        var units: [WorkUnit] = []
        var nodes: [UInt64: TreeNode] = [:]
        for node in UnitCut(tree, speeds: cluster.speeds).nodes(unitsPerWorker: unitsPerWorker) {
            let slices = tree.leaves(of: node).map { ShardSlice(index: $0, sampleIndices: shards[$0]) }
            let unit = cluster.assignment(
                describe(TreePart(node: node, shardCount: shards.count, shards: slices)),
                samples: slices.flatMap(\.sampleIndices), of: split)
            nodes[unit.id] = node
            units.append(unit)
        }
        (self.units, self.nodes) = (units, nodes)
    }

    /// Sends samples ahead, as far as the cluster's limit goes.
    func prepare(on cluster: Cluster) throws { try cluster.prepare(units) }

    /// Takes the units back, to be cut for another number of workers.
    func withdraw(on cluster: Cluster) throws { try cluster.withdraw(units) }

    /// Deals the units and adds up what comes back.
    /// - Parameter needs: the parameters that they are computed with.
    func sum(on cluster: Cluster, needs: [ParameterReference], interruptible: Bool, waitSeconds: Double) throws -> PartialSum {
        var (sum, right) = try halves(on: cluster, needs: needs, interruptible: interruptible, waitSeconds: waitSeconds)
        if let right { sum.add(right, from: cluster.sums) }
        return sum
    }

    /// The same but for the last addition, right to left; no right where there is one shard.
    /// - Parameter meanwhile: called when the units are dealt.
    func halves(
        on cluster: Cluster, needs: [ParameterReference], interruptible: Bool, waitSeconds: Double, meanwhile: () throws -> Void = {}
    ) throws -> (left: PartialSum, right: PartialSum?) {
        let due = units.map { WorkUnit(id: $0.id, needs: needs, work: $0.work) }
        var reducer = TreeReducer(tree, keepsHalves: true, pool: cluster.sums)
        var form: PartialSum.Form?
        try cluster.perform(due, interruptible: interruptible, waitSeconds: waitSeconds, meanwhile: meanwhile) { assignment, result in
            guard let node = nodes[assignment.id] else { return }
            let sum = try PartialSum(result, from: cluster.sums)
            if let form, form != sum.form {
                throw Problem("unit \(assignment.id): a result of another make than its neighbours'", remedy: "run coordinator and workers from the same version")
            }
            form = sum.form
            reducer.add(sum, at: node)
        }
        guard let halves = reducer.takeHalves() else { throw Problem("the tree of \(tree.leafCount) shards was not completed") }
        return halves
    }
}
