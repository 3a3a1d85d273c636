import Messages
import Tensors

/// Adds the sums of tree nodes as they come, in any order: whenever both halves of a node are there, the right is added to
/// the left. What is held at any time is at most one sum per open subtree.
public struct TreeReducer: Sendable {
    public let tree: ReductionTree
    /// Where adding ends: the root, or the node that a worker was dealt.
    public let top: TreeNode
    private let keepsHalves: Bool
    private let pool: StoragePool
    private var held: [TreeNode: PartialSum] = [:]

    /// - Parameters:
    ///   - keepsHalves: leave the last addition to the caller, who adds up in passing what is read anyway.
    ///   - pool: where sums find memory that cannot be made in that of their parts.
    /// - Precondition: `top` belongs to the tree.
    public init(
        _ tree: ReductionTree, top: TreeNode? = nil, keepsHalves: Bool = false, pool: StoragePool = StoragePool(kept: 0)
    ) {
        let top = top ?? tree.root
        precondition(tree.contains(top), "node outside the tree")
        self.tree = tree
        self.top = top
        self.keepsHalves = keepsHalves
        self.pool = pool
    }

    /// Takes one node's sum.
    /// - Precondition: the node lies under `top` and neither it nor a node that covers it was added before.
    public mutating func add(_ sum: consuming PartialSum, at node: TreeNode) {
        precondition(tree.contains(node), "node outside the tree")
        var node = node
        while node != top {
            let isLeft = node.index & 1 == 0
            let parent = TreeNode(level: node.level + 1, index: node.index >> 1)
            let sibling = TreeNode(level: node.level, index: node.index ^ 1)
            if sibling.index >= tree.nodeCount(level: node.level) {
                // No right half here: the node stands for its parent.
            } else if keepsHalves, parent == top {
                let earlier = held.updateValue(sum, forKey: node)
                precondition(earlier == nil, "node added twice")
                return
            } else if var other = held.removeValue(forKey: sibling) {
                if isLeft {
                    sum.add(other, from: pool)
                } else {
                    other.add(sum, from: pool)
                    sum = other
                }
            } else {
                let earlier = held.updateValue(sum, forKey: node)
                precondition(earlier == nil, "node added twice")
                return
            }
            node = parent
        }
        held[node] = sum
    }

    /// The sum over all leaves of `top`, once every one is in.
    public var total: PartialSum? { held[top] }

    /// The same, given away: the reducer holds nothing afterwards.
    public mutating func takeTotal() -> PartialSum? { held.removeValue(forKey: top) }

    /// Both halves of `top` once all leaves are in, or all of it where it has no halves; the reducer holds nothing afterwards.
    public mutating func takeHalves() -> (left: PartialSum, right: PartialSum?)? {
        if let whole = held.removeValue(forKey: top) { return (whole, nil) }
        let (first, second) = (TreeNode(level: top.level - 1, index: 2 * top.index), TreeNode(level: top.level - 1, index: 2 * top.index + 1))
        guard let left = held[first], let right = held[second] else { return nil }
        held = [:]
        return (left, right)
    }

    public var heldCount: Int { held.count }
}
