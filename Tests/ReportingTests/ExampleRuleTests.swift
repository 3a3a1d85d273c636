import Mechanism
import Reporting
import Testing

@Suite struct ExampleRuleTests {
    private func filters(_ noise: [Int?]) -> [FilterResult] {
        noise.enumerated().map { index, noise in
            FilterResult(
                filter: index, top: 1, silent: false, clusters: noise == nil ? [] : [[0]], noise: noise ?? 9, internalNoise: 0,
                externalNoise: noise ?? 9)
        }
    }

    @Test func ranksAreEvenlySpaced() {
        let five = filters([7, nil, 1, 3, 9, 5])
        #expect(ExampleRule.choose(five, count: 1).map(\.filter) == [5])
        #expect(ExampleRule.choose(five, count: 2).map(\.filter) == [2, 5])
        #expect(ExampleRule.choose(five, count: 3).map(\.filter) == [2, 5, 4])
        #expect(ExampleRule.choose(five, count: 5).map(\.filter) == [2, 3, 5, 0, 4])
        #expect(ExampleRule.choose(five, count: 9).map(\.filter) == [2, 3, 5, 0, 4])
        #expect(ExampleRule.choose(five, count: 3).map(\.reason) == [
            "least noise of 5 filters with clusters", "median noise of 5 filters with clusters", "most noise of 5 filters with clusters",
        ])
    }

    @Test func nothingToChoose() {
        #expect(ExampleRule.choose(filters([nil, nil]), count: 2) == [])
        #expect(ExampleRule.choose([], count: 2) == [])
        #expect(ExampleRule.choose(filters([4]), count: 3).map(\.filter) == [0])
    }

    @Test func layersChosen() {
        #expect(ExampleRule.layers(of: 0) == [])
        #expect(ExampleRule.layers(of: 1) == [0])
        #expect(ExampleRule.layers(of: 2) == [0, 1])
        #expect(ExampleRule.layers(of: 8) == [0, 3, 7])
        #expect(ExampleRule.layers(of: 13) == [0, 6, 12])
    }
}
