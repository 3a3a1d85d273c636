import Datasets
import Foundation
import Testing

@Suite struct LabelSubsetTests {
    @Test func labelsAreDrawnWithoutReplacementAndRenumberedInAscendingOrder() {
        for seed in UInt64(0)..<50 {
            let subset = LabelSubset.draw(4, from: 10, seed: seed)
            #expect(Set(subset.drawn).count == 4)
            #expect(subset.drawn.allSatisfy { (0..<10).contains($0) })
            #expect(subset.labels == subset.drawn.sorted())
            let numbers = subset.renumbering
            #expect(numbers.count == 10)
            #expect(subset.labels.map { numbers[$0] } == [0, 1, 2, 3])
            #expect(numbers.count { $0 == nil } == 6)
        }
    }

    @Test func aShorterDrawBeginsALongerOne() {
        let long = LabelSubset.draw(100, from: 100, seed: 3)
        #expect(long.drawn.sorted() == Array(0..<100))
        #expect(long.drawn != long.labels)
        #expect(LabelSubset.draw(7, from: 100, seed: 3).drawn == Array(long.drawn.prefix(7)))
    }

    @Test func everyLabelIsDrawnEquallyOften() {
        var tally = [Int](repeating: 0, count: 10)
        for seed in UInt64(0)..<5_000 {
            for label in LabelSubset.draw(3, from: 10, seed: seed).drawn { tally[label] += 1 }
        }
        // Each is drawn 1,500 times, give or take the deviation of √(5000 · 0.3 · 0.7) = 32.
        for count in tally { #expect(abs(count - 1_500) < 150) }
    }

    @Test func theDrawIsTheRecordedOne() {
        #expect(LabelSubset.draw(3, from: 10, seed: 1).drawn == [1, 2, 8])
    }

    @Test func aRecordRoundTripsAndAFalseOneIsRefused() throws {
        let subset = LabelSubset.draw(3, from: 10, seed: 1)
        let json = try JSONEncoder().encode(subset)
        #expect(try JSONDecoder().decode(LabelSubset.self, from: json) == subset)
        for text in [#"{"from":3,"seed":1,"drawn":[3]}"#, #"{"from":3,"seed":1,"drawn":[1,1]}"#, #"{"from":3,"seed":1,"drawn":[]}"#] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(LabelSubset.self, from: Data(text.utf8)) }
        }
    }
}
