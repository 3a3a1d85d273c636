import Datasets
import Testing

@Suite struct EpochSamplerTests {
    @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100, 1_000, 4_095, 4_097, 60_000])
    func everyEpochVisitsEverySampleOnce(count: Int) {
        let sampler = EpochSampler(count: count, seed: 3)
        for epoch in [0, 1, 2, 77] {
            var seen = [Bool](repeating: false, count: count)
            for position in 0..<count {
                let index = sampler.index(at: position, epoch: epoch)
                #expect(index >= 0 && index < count)
                seen[index] = true
            }
            #expect(!seen.contains(false))
        }
    }

    @Test func epochsAndSeedsOrderDifferently() {
        let sampler = EpochSampler(count: 100, seed: 1)
        let first = sampler.indices(at: 0..<100, epoch: 0)
        #expect(first != Array(0..<100))
        #expect(first == EpochSampler(count: 100, seed: 1).indices(at: 0..<100, epoch: 0))
        #expect(first != sampler.indices(at: 0..<100, epoch: 1))
        #expect(first != EpochSampler(count: 100, seed: 2).indices(at: 0..<100, epoch: 0))
    }

    /// Recorded, for a run must give the same bits after any rewrite of the sampler.
    @Test func theOrderIsTheRecordedOne() {
        #expect(EpochSampler(count: 10, seed: 1).indices(at: 0..<10, epoch: 0) == [1, 4, 6, 5, 3, 9, 7, 0, 8, 2])
        #expect(EpochSampler(count: 60_000, seed: 1).indices(at: 0..<5, epoch: 3) == [9276, 56599, 33667, 1545, 45505])
    }

    /// Over many epochs every sample stands at every place about equally often: chi-square with 36 degrees of freedom
    /// lies below 80 but for one case in 30,000.
    @Test func everySampleStandsEverywhereEquallyOften() {
        let count = 7
        let epochs = 7_000
        var tally = [Int](repeating: 0, count: count * count)
        let sampler = EpochSampler(count: count, seed: 11)
        for epoch in 0..<epochs {
            for position in 0..<count { tally[position * count + sampler.index(at: position, epoch: epoch)] += 1 }
        }
        let expected = Double(epochs) / Double(count)
        let chiSquare = tally.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(chiSquare < 80)
    }

    /// All six orders of three samples come up about equally often (chi-square, 5 degrees of freedom, one in 10,000).
    @Test func allOrdersOfThreeComeUp() {
        var tally: [[Int]: Int] = [:]
        let sampler = EpochSampler(count: 3, seed: 2)
        for epoch in 0..<6_000 { tally[sampler.indices(at: 0..<3, epoch: epoch), default: 0] += 1 }
        #expect(tally.count == 6)
        let chiSquare = tally.values.reduce(0) { $0 + (Double($1) - 1_000) * (Double($1) - 1_000) / 1_000 }
        #expect(chiSquare < 26)
    }

    /// Neighbours in the order are no neighbours in the file: the mean distance of two random numbers below n is n/3.
    @Test func neighboursAreScattered() {
        let order = EpochSampler(count: 60_000, seed: 5).indices(at: 0..<60_000, epoch: 4)
        let total = zip(order, order.dropFirst()).reduce(0) { $0 + abs($1.0 - $1.1) }
        let mean = Double(total) / 59_999
        #expect(abs(mean - 20_000) < 300)
    }
}
