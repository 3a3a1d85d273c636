import Coordination
import Mechanism
import Messages
import Tensors
import TestSupport
import Testing

@Suite struct TreeReducerTests {
    /// Values whose float sum depends on the order of addition, so that equal bits mean an equal order.
    private func leaf(_ index: Int) -> PartialSum {
        let values = randomFloats(64, seed: UInt64(index)).map { $0 * Float(1 << (index % 20)) }
        // Labels in order, some on both sides of a node's middle.
        let labels = [index / 3, index / 3, (index + 1) / 3, (index + 1) / 3].map { Int32($0) }
        var sums = LabelMeans(labels: 40, height: 2, width: 2, filters: 4)
        Tensor([4, 16], values).withBuffer { sums.accumulate(activations: $0, labels: labels) }
        return PartialSum(
            floats: ["gradient": Tensor([64], values)], labelSums: ["conv1": sums], figures: ["loss": Double(values[0]) / 7])
    }

    /// A subtree's sum as a worker makes it.
    private func sum(_ tree: ReductionTree, _ node: TreeNode) -> PartialSum {
        var reducer = TreeReducer(tree, top: node)
        for index in tree.leaves(of: node) { reducer.add(leaf(index), at: TreeNode(level: 0, index: index)) }
        return reducer.total!
    }

    @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 13, 100]) func bitsDependOnNeitherLevelNorOrder(leafCount: Int) {
        let tree = ReductionTree(leafCount: leafCount)
        let expected = sum(tree, tree.root)
        for level in 0...tree.height {
            for seed in 0..<5 {
                var nodes = tree.nodes(level: level)
                var stream = RandomStream(seed: UInt64(seed), purpose: .synthetic)
                for last in stride(from: nodes.count - 1, to: 0, by: -1) { nodes.swapAt(last, stream.nextInt(below: last + 1)) }
                var reducer = TreeReducer(tree)
                for node in nodes {
                    #expect(reducer.total == nil)
                    reducer.add(sum(tree, node), at: node)
                }
                #expect(reducer.total == expected)
                #expect(reducer.heldCount == 1)
            }
        }
    }

    /// Parts that others still read stay as they are; parts that nobody else has are added up where they lie.
    @Test func partsThatOthersReadStay() {
        let tree = ReductionTree(leafCount: 2)
        let pool = StoragePool(kept: 2)
        let values = (0..<2).map { randomFloats(40_000, seed: UInt64($0)) }
        let expected = zip(values[0], values[1]).map { $0 + $1 }
        for readable in [[], [0], [1], [0, 1]] {
            for order in [[0, 1], [1, 0]] {
                var leaves = values.map { Tensor([40_000], $0) }
                let readers = readable.map { leaves[$0] }
                var reducer = TreeReducer(tree, pool: pool)
                for index in order {
                    reducer.add(PartialSum(floats: ["gradient": leaves[index]]), at: TreeNode(level: 0, index: index))
                }
                leaves = []
                #expect(readers.map(\.array) == readable.map { values[$0] })
                let total = reducer.takeTotal()
                #expect(total?.floats["gradient"]?.array == expected)
                #expect(reducer.total == nil && reducer.heldCount == 0)
            }
        }
        #expect(pool.freeCount > 0, "a sum beside its parts found memory in the pool, and gave it back")
    }

    @Test(arguments: [1, 2, 3, 5, 6, 8]) func halvesAddUpToTheTotal(leafCount: Int) throws {
        let tree = ReductionTree(leafCount: leafCount)
        let ascending = Array(0..<leafCount)
        for order in [ascending, ascending.reversed()] {
            var reducer = TreeReducer(tree, keepsHalves: true)
            for index in order {
                let isEarly = reducer.takeHalves() == nil
                #expect(isEarly)
                reducer.add(leaf(index), at: TreeNode(level: 0, index: index))
            }
            let halves = reducer.takeHalves()
            var total = try #require(halves?.left)
            let hasRight = halves?.right != nil
            #expect(hasRight == (leafCount > 1))
            if let right = halves?.right { total.add(right, from: StoragePool(kept: 0)) }
            let expected = sum(tree, tree.root)
            #expect(total == expected)
            #expect(reducer.heldCount == 0)
        }
    }

    @Test func aDifferentOrderWouldShow() {
        let tree = ReductionTree(leafCount: 8)
        var inLine = leaf(0)
        for index in 1..<8 { inLine.add(leaf(index), from: StoragePool(kept: 0)) }
        #expect(inLine != sum(tree, tree.root), "the leaves do not tell orders apart, and the test above would prove nothing")
    }

    @Test func figuresAddUp() {
        var a = PartialSum(figures: ["loss": 1.5, "samples": 2])
        a.add(PartialSum(figures: ["loss": 0.25, "samples": 3]), from: StoragePool(kept: 0))
        #expect(a.figures == ["loss": 1.75, "samples": 5])
        #expect(!a.matches(PartialSum(figures: ["loss": 1])))
    }
}
