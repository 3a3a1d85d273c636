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
        #expect(cut(8, [3, 1]) == [0..<4, 4..<6, 6..<8])
        #expect(cut(8, [1, 3]) == [4..<8, 0..<2, 2..<4])
        // One that is ten times as slow gets nothing where its part is less than half a shard.
        #expect(cut(4, [1, 0.1]) == [0..<4])
        // One of unknown speed counts as usual.
        #expect(cut(8, [1, 2, nil, 2]) == [4..<6, 6..<8, 0..<1, 1..<2, 2..<3, 3..<4])
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
