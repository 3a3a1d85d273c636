import Messages

/// How the tree of a step's shards is cut into units. Whatever the cut, sums are added along the tree, so no bit depends on it.
///
/// Workers of about the same speed get the nodes of one level, as few sums as possible. Where one is half as fast again as another,
/// each gets a stretch of shards in proportion to its speed, as the largest nodes that make it up.
public struct UnitCut: Sendable {
    /// Ratio of the fastest worker's speed to the slowest's from which stretches differ.
    static let unevenFrom = 1.5
    /// Stretches are rounded to this part of an even share, so that they make few nodes: each node is a sum that travels.
    private static let grain = 4

    public let tree: ReductionTree
    /// Shards per second of each worker present; nil for one that has shown none lately.
    public let speeds: [Double?]

    public init(_ tree: ReductionTree, speeds: [Double?]) {
        self.tree = tree
        self.speeds = speeds
    }

    /// The units' nodes, which together cover every shard once; the largest first, since they are dealt in this order.
    /// - Parameters:
    ///   - unitsPerWorker: with more than 1 fast workers take more by themselves, and the cut is even.
    public func nodes(unitsPerWorker: Int = 1) -> [TreeNode] {
        let even = tree.level(withNodesFor: max(1, speeds.count) * unitsPerWorker)
        guard unitsPerWorker == 1, let uneven else { return tree.nodes(level: even) }
        return uneven
    }

    /// Shards for each worker from which speeds count. What a unit costs once is shared by its shards, so that of few the worker with more
    /// of them looks faster than it is, and would go on getting more.
    static let leastShardsPerWorker = 8

    /// Nil where an even cut does.
    private var uneven: [TreeNode]? {
        guard tree.leafCount >= Self.leastShardsPerWorker * speeds.count else { return nil }
        let known = speeds.compactMap(\.self).filter { $0 > 0 && $0.isFinite }.sorted()
        guard speeds.count > 1, let least = known.first, let most = known.last, most >= Self.unevenFrom * least else { return nil }
        let usual = known[known.count / 2]
        let weights = speeds.map { $0.flatMap { $0 > 0 && $0.isFinite ? $0 : nil } ?? usual }
        let total = weights.reduce(0, +)
        var grain = 1
        while grain * 2 * Self.grain * speeds.count <= tree.leafCount { grain *= 2 }
        var nodes: [TreeNode] = []
        var (first, sum) = (0, 0.0)
        for (index, weight) in weights.enumerated() {
            sum += weight
            let share = Double(tree.leafCount) * sum / total / Double(grain)
            let end = index == weights.count - 1 ? tree.leafCount : min(tree.leafCount, Int(share.rounded()) * grain)
            nodes += cover(first..<max(first, end))
            first = max(first, end)
        }
        return nodes.sorted { a, b in
            let (sizeA, sizeB) = (tree.leaves(of: a).count, tree.leaves(of: b).count)
            return sizeA != sizeB ? sizeA > sizeB : tree.leaves(of: a).lowerBound < tree.leaves(of: b).lowerBound
        }
    }

    /// The fewest nodes that make up a stretch of leaves.
    private func cover(_ leaves: Range<Int>) -> [TreeNode] {
        var nodes: [TreeNode] = []
        var first = leaves.lowerBound
        while first < leaves.upperBound {
            var level = 0
            while level < tree.height, first & ((2 << level) - 1) == 0,
                tree.leaves(of: TreeNode(level: level + 1, index: first >> (level + 1))).upperBound <= leaves.upperBound
            {
                level += 1
            }
            let node = TreeNode(level: level, index: first >> level)
            nodes.append(node)
            first = tree.leaves(of: node).upperBound
        }
        return nodes
    }
}
