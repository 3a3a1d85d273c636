import Coordination
import Datasets
import Diagnostics
import Messages
import Tensors

/// Work over shards of samples that adds up along the fixed tree: a training step, a step of the heads, a survey.
struct ShardedWork {
    let split: Split
    /// Each shard's samples, as positions in the split.
    let shards: [[Int]]
    let needs: [ParameterReference]
    /// The unit for one node's shards.
    let describe: (TreePart) -> UnitDescription

    /// Deals the shards as nodes of one level of the tree and adds up what comes back.
    /// - Parameter unitsPerWorker: 1 where a step waits for its slowest unit; more where many shards let fast workers
    ///   take more. It changes who computes what, never a bit of the sum.
    func sum(on cluster: Cluster, unitsPerWorker: Int, interruptible: Bool, waitSeconds: Double) throws -> PartialSum {
        var (sum, right) = try halves(
            on: cluster, unitsPerWorker: unitsPerWorker, interruptible: interruptible, waitSeconds: waitSeconds)
        if let right { sum.add(right, from: cluster.sums) }
        return sum
    }

    /// The same but for the last addition, right to left; no right where there is one shard.
    func halves(
        on cluster: Cluster, unitsPerWorker: Int, interruptible: Bool, waitSeconds: Double
    ) throws -> (left: PartialSum, right: PartialSum?) {
        let tree = ReductionTree(leafCount: shards.count)
        let level = tree.level(withNodesFor: max(1, cluster.workers.count) * unitsPerWorker)
        let assignments = try tree.nodes(level: level).map { node in
            let leaves = tree.leaves(of: node)
            let indices = leaves.flatMap { shards[$0] }
            let slices = leaves.map { ShardSlice(index: $0, sampleIndices: shards[$0]) }
            return cluster.assignment(
                describe(TreePart(node: node, shardCount: shards.count, shards: slices)), needs: needs,
                tensors: [
                    try samples(indices),
                    WireTensor("labels", [indices.count], int64s: split.labels(indices).map(Int64.init)),
                ])
        }
        var nodes: [UInt64: TreeNode] = [:]
        for (assignment, node) in zip(assignments, tree.nodes(level: level)) { nodes[assignment.id] = node }
        var reducer = TreeReducer(tree, keepsHalves: true, pool: cluster.sums)
        var form: PartialSum.Form?
        try cluster.perform(assignments, interruptible: interruptible, waitSeconds: waitSeconds) { assignment, result in
            guard let node = nodes[assignment.id] else { return }
            let sum = try PartialSum(result, from: cluster.sums)
            if let form, form != sum.form {
                throw Problem("unit \(assignment.id): a result of another make than its neighbours'", remedy: "run coordinator and workers from the same version")
            }
            form = sum.form
            reducer.add(sum, at: node)
        }
        guard let halves = reducer.takeHalves() else { throw Problem("the tree of \(shards.count) shards was not completed") }
        return halves
    }

    /// The encoded bytes of samples, framed one after the other.
    private func samples(_ indices: [Int]) throws(Problem) -> WireTensor {
        let bytes = try split.encodedSamples(indices)
        return WireTensor("samples", [bytes.count], uint8s: bytes)
    }
}
