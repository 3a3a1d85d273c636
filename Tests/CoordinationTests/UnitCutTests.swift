import Coordination
import Messages
import Testing

@Suite struct UnitCutTests {
    private func cut(_ leaves: Int, _ speeds: [Double?], unitsPerWorker: Int = 1) -> [Range<Int>] {
        let tree = ReductionTree(leafCount: leaves)
        return UnitCut(tree, speeds: speeds).nodes(unitsPerWorker: unitsPerWorker).map { tree.leaves(of: $0) }
    }

    @Test func equalsGetTheNodesOfOneLevel() {
        #expect(cut(8, [1, 1.2]) == [0..<4, 4..<8])
        #expect(cut(8, [nil, nil]) == [0..<4, 4..<8])
        #expect(cut(4, []) == [0..<4])
        #expect(cut(8, [3, 1], unitsPerWorker: 2) == [0..<2, 2..<4, 4..<6, 6..<8], "with several units each takes what it can")
    }

    @Test func theFasterGetsMore() {
        #expect(cut(16, [3, 1]) == [0..<8, 8..<12, 12..<16])
        #expect(cut(16, [1, 3]) == [8..<16, 0..<4, 4..<8])
        // One that is a hundred times as slow gets nothing, its part being less than half a grain.
        #expect(cut(16, [1, 0.01]) == [0..<16])
        // One of unknown speed counts as usual.
        #expect(cut(32, [1, 2, nil, 2]) == [
            24..<32, 0..<4, 4..<8, 8..<12, 16..<20, 12..<14, 14..<16, 20..<22, 22..<24,
        ])
    }

    /// What a unit costs once would make the worker with more shards look faster.
    @Test func fewShardsAreCutEvenly() {
        #expect(cut(8, [3, 1]) == [0..<4, 4..<8])
        #expect(cut(15, [1, 3]) == [0..<8, 8..<15])
        #expect(cut(4, [1, 0.1]) == [0..<2, 2..<4])
        #expect(cut(8, [1, 2, nil, 2]) == [0..<2, 2..<4, 4..<6, 6..<8])
    }

    @Test func everyShardIsInOneUnitAndUnitsAreFew() {
        for leaves in [1, 2, 3, 5, 8, 13, 64, 100, 257] {
            for workers in 2...9 {
                for slow in [0.1, 0.5, 0.66] {
                    let speeds = (0..<workers).map { $0 % 3 == 0 ? slow : 1.0 }
                    let ranges = cut(leaves, speeds)
                    #expect(ranges.sorted { $0.lowerBound < $1.lowerBound }.flatMap { $0 } == Array(0..<leaves))
                    #expect(ranges.count <= max(1, 6 * workers))
                    #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.count >= $1.count })
                }
            }
        }
    }

    @Test func nonsenseSpeedsAreUnknownSpeeds() {
        #expect(cut(8, [.infinity, 1]) == [0..<4, 4..<8])
        #expect(cut(8, [0, -1]) == [0..<4, 4..<8])
    }
}
