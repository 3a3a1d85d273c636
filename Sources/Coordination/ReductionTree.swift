import Messages

/// The fixed binary tree over shard indices along which results are added. Node (level, index) covers the leaves from
/// index·2^level on, 2^level of them or as many as there are. The tree depends on the number of shards alone, so the order
/// of additions, and with it every bit of the sum, is the same however the nodes are dealt out.
public struct ReductionTree: Sendable, Hashable {
    /// The number of shards, at least 1.
    public let leafCount: Int

    public init(leafCount: Int) {
        precondition(leafCount > 0, "a tree needs a leaf")
        self.leafCount = leafCount
    }

    /// The level of the root: the smallest with one node.
    public var height: Int {
        var level = 0
        while (1 << level) < leafCount { level += 1 }
        return level
    }

    public var root: TreeNode { TreeNode(level: height, index: 0) }

    /// How many nodes of a level cover any leaf.
    public func nodeCount(level: Int) -> Int { (leafCount + (1 << level) - 1) >> level }

    /// The nodes of a level, from left to right.
    public func nodes(level: Int) -> [TreeNode] { (0..<nodeCount(level: level)).map { TreeNode(level: level, index: $0) } }

    public func leaves(of node: TreeNode) -> Range<Int> {
        let first = node.index << node.level
        return first..<min(first + (1 << node.level), leafCount)
    }

    /// Whether a node of the wire belongs to this tree and covers a leaf.
    public func contains(_ node: TreeNode) -> Bool {
        node.level >= 0 && node.level <= height && node.index >= 0 && node.index < nodeCount(level: node.level)
    }

    /// The highest level with at least `count` nodes, so that every one of `count` workers gets a node and as few sums
    /// as possible travel; level 0 where there are fewer shards than workers.
    public func level(withNodesFor count: Int) -> Int {
        var level = height
        while level > 0, nodeCount(level: level) < count { level -= 1 }
        return level
    }
}
