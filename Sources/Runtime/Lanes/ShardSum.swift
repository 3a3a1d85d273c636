import Coordination
import Kernels
import Messages
import Networks
import Tensors

/// What the shards below one node of the tree yield, added up along it by one thread, in as few buffers as that takes: the second of
/// two neighbours adds to the first one's gradient as it is made.
final class ShardSum: Sendable {
    /// A gradient, and the batch statistics that belong to it.
    struct Yield: Sendable {
        let gradients: ParameterVector
        let statistics: ParameterVector

        init(_ network: Network) {
            gradients = ParameterVector(network.parameterLayout)
            statistics = ParameterVector(network.statisticsLayout)
        }

        func add(_ other: Yield, profile: StepProfile? = nil) {
            profile?.begin()
            addInto(gradients.buffer, other.gradients.buffer)
            addInto(statistics.buffer, other.statistics.buffer)
            profile?.end(.gradientSums)
        }
    }

    /// Computes a shard: its gradient, added to what stands there where `adds` is set, and its batch statistics.
    typealias Compute = (_ leaf: Int, _ gradients: ParameterVector, _ adds: Bool, _ statistics: ParameterVector) -> Void

    /// The node's sum, once `compute` is done.
    var total: Yield { sums[0] }
    private let tree: ReductionTree
    private let node: TreeNode
    private let sums: [Yield]
    private let shardStatistics: ParameterVector

    init(_ network: Network, tree: ReductionTree, node: TreeNode) {
        self.tree = tree
        self.node = node
        shardStatistics = ParameterVector(network.statisticsLayout)
        // One for each level above pairs, and one.
        var levels = 1
        while 1 << levels < tree.leaves(of: node).count { levels += 1 }
        sums = (0..<levels).map { _ in Yield(network) }
    }

    /// - Parameter profile: gains the time of additions.
    func compute(profile: StepProfile? = nil, _ shard: Compute) { sum(node, into: 0, profile, shard) }

    /// The sum of a node into number `place`, with the help of those behind it.
    private func sum(_ node: TreeNode, into place: Int, _ profile: StepProfile?, _ shard: Compute) {
        let (leaves, target) = (tree.leaves(of: node), sums[place])
        guard leaves.count > 2 else {
            shard(leaves.lowerBound, target.gradients, false, target.statistics)
            if leaves.count == 2 {
                shard(leaves.lowerBound + 1, target.gradients, true, shardStatistics)
                profile?.begin()
                addInto(target.statistics.buffer, shardStatistics.buffer)
                profile?.end(.gradientSums)
            }
            return
        }
        sum(TreeNode(level: node.level - 1, index: 2 * node.index), into: place, profile, shard)
        let right = TreeNode(level: node.level - 1, index: 2 * node.index + 1)
        guard tree.contains(right) else { return }
        sum(right, into: place + 1, profile, shard)
        target.add(sums[place + 1], profile: profile)
    }
}
