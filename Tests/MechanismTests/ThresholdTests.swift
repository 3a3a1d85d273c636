import Mechanism
import Tensors
import TestSupport
import Testing

/// Margins, and several thresholds over the same fields.
@Suite struct ThresholdTests {
    @Test func theMarginIsTheDistanceOfTheNearestPair() throws {
        // Shares of top: 1, 0.25, 0.5, −0.75.
        let field = LabelField(labels: 2, values: [4, 1, 2, -3])
        #expect(try FilterPerformance.measure(filter: 0, field: field, threshold: 0.375).margin == 0.125)
        #expect(try FilterPerformance.measure(filter: 0, field: field, threshold: 0.5).margin == 0)
        #expect(try FilterPerformance.measure(filter: 0, field: field, threshold: 0.9375).margin == 0.0625)
        let silent = try FilterPerformance.measure(filter: 0, field: LabelField(labels: 2, values: [-1, 0, -2, 0]), threshold: 0.3)
        #expect(silent.silent && silent.margin == nil)
    }

    /// A threshold moved by less than the margin gives the same clusters and noise; moved just past it, other bits.
    @Test func bitsHoldWithinTheMargin() throws {
        for seed in 0..<20 as Range<UInt64> {
            let labels = 7
            let field = LabelField(labels: labels, values: randomFloats(labels * labels, seed: 100 + seed))
            let result = try FilterPerformance.measure(filter: 0, field: field, threshold: 0.4)
            let margin = try #require(result.margin)
            try #require(margin > 1e-5)
            for moved in [0.4 - 0.99 * margin, 0.4 + 0.99 * margin] {
                let other = try FilterPerformance.measure(filter: 0, field: field, threshold: moved)
                #expect(other.clusters == result.clusters && other.noise == result.noise)
            }
            let bits = { try #require(LabelBits(field: field, threshold: $0)).setCount }
            let count = try bits(0.4)
            #expect(try bits(0.4 - margin - 1e-6) != count || bits(0.4 + margin + 1e-6) != count)
        }
    }

    @Test(arguments: [2, 3, 17, 64, 100])
    func onePassGivesWhatEachThresholdGivesAlone(labels: Int) throws {
        let (positions, filters) = (3, 5)
        let means = Tensor([labels, positions, filters], randomFloats(labels * positions * filters, seed: 1).map { max(0, $0) })
        let weights = Tensor([labels, positions * filters], randomFloats(labels * positions * filters, seed: 2))
        let further = [0.1, 0.3, 0.55, 0.9]
        let measured = try FilterPerformance.measure(
            labelMeans: means, headWeights: weights, filters: 0..<filters, threshold: 0.2, further: further, layer: "conv1")
        #expect(try measured.filters == FilterPerformance.measure(
            labelMeans: means, headWeights: weights, filters: 0..<filters, threshold: 0.2, layer: "conv1"))
        for (threshold, tally) in zip(further, measured.tallies) {
            let alone = try FilterPerformance.measure(
                labelMeans: means, headWeights: weights, filters: 0..<filters, threshold: threshold, layer: "conv1")
            #expect(tally == FilterTally(alone))
            let figures = LayerFigures(layer: "conv1", labels: labels, filters: alone)
            let row = ThresholdFigures(threshold: threshold, labels: labels, tally: tally)
            #expect(row.signal == figures.signal && row.noisePerLabel == figures.noisePerLabel)
            #expect(row.signalToNoise == figures.signalToNoise && tally.activeMeans == figures.active)
        }
    }

    @Test func talliesOfRangesAddUp() {
        let filters = (0..<9).map { index in
            FilterResult(
                filter: index, top: index % 4 == 0 ? 0 : 1, silent: index % 4 == 0, clusters: index % 4 == 0 ? [] : [[0, 2], [1]],
                noise: index, internalNoise: index / 2, externalNoise: index - index / 2)
        }
        var sum = FilterTally(Array(filters[5...]))
        sum.merge(FilterTally(Array(filters[..<5])))
        #expect(sum == FilterTally(filters))
        #expect(sum.filters == 9 && sum.silent == 3 && sum.active == 6 && sum.clusters == 12 && sum.clusteredLabels == 18)
    }

    @Test func everyFilterSilent() throws {
        let means = Tensor([3, 2, 4], [Float](repeating: 1, count: 24))
        let weights = Tensor([3, 8], [Float](repeating: -1, count: 24))
        let filters = try FilterPerformance.measure(
            labelMeans: means, headWeights: weights, filters: 0..<4, threshold: 0.3, layer: "conv1")
        let figures = LayerFigures(layer: "conv1", labels: 3, filters: filters)
        #expect(figures.silentFilters == 4 && figures.activeFilters == 0 && figures.active == nil)
        #expect(figures.signal == 0 && figures.noisePerLabel == 0 && figures.signalToNoise == .undefined)
    }

    /// The vectors that look for the top and for what is not finite, at every place and length around theirs.
    @Test func topAndFiniteAreFoundAtEveryPlace() {
        for labels in 1...7 {
            let count = labels * labels
            for place in 0..<count {
                var values = [Float](repeating: -2, count: count)
                values[place] = -1
                #expect(LabelField(labels: labels, values: values).top == -1)
                #expect(LabelField(labels: labels, values: values).isFinite)
                for bad in [Float.nan, .infinity, -.infinity] {
                    values[place] = bad
                    #expect(!LabelField(labels: labels, values: values).isFinite)
                }
            }
        }
        #expect(LabelField(labels: 1, values: [Float.greatestFiniteMagnitude]).isFinite)
    }
}
