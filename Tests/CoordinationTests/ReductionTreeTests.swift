import Coordination
import Messages
import Testing

@Suite struct ReductionTreeTests {
    @Test(arguments: 1...40) func everyLevelCoversEveryLeafOnce(leafCount: Int) {
        let tree = ReductionTree(leafCount: leafCount)
        for level in 0...tree.height {
            #expect(tree.nodes(level: level).flatMap { Array(tree.leaves(of: $0)) } == Array(0..<leafCount))
        }
        #expect(tree.nodeCount(level: tree.height) == 1)
    }

    @Test func levelGivesEveryWorkerANode() {
        let tree = ReductionTree(leafCount: 4)
        #expect(tree.level(withNodesFor: 1) == 2)
        #expect(tree.level(withNodesFor: 2) == 1)
        #expect(tree.level(withNodesFor: 3) == 0)
        #expect(tree.level(withNodesFor: 9) == 0)
    }

    @Test func nodesOfOtherTreesAreTold() {
        let tree = ReductionTree(leafCount: 5)
        #expect(tree.contains(TreeNode(level: 3, index: 0)))
        #expect(!tree.contains(TreeNode(level: 4, index: 0)))
        #expect(!tree.contains(TreeNode(level: 0, index: 5)))
        #expect(!tree.contains(TreeNode(level: -1, index: 0)))
        #expect(!tree.contains(TreeNode(level: 1, index: -1)))
    }
}
