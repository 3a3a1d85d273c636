import Mechanism
import Tensors
import TestSupport
import Testing

@Suite struct LabelMeansTests {
    @Test func meansOfAKnownBatch() throws {
        var sums = LabelMeans(labels: 2, height: 1, width: 1, filters: 2)
        Tensor([3, 1, 1, 2], [1, 10, 3, 30, 5, 50]).withBuffer { sums.accumulate(activations: $0, labels: [0, 0, 1]) }
        #expect(sums.counts == [2, 1])
        let means = try sums.means(layer: "conv1")
        #expect(means.shape == [2, 1, 1, 2])
        #expect(means.array == [2, 20, 5, 50])
        sums.reset()
        #expect(sums == LabelMeans(labels: 2, height: 1, width: 1, filters: 2))
    }

    @Test func mergeAddsSumsAndCounts() throws {
        let values = randomFloats(12 * 8, seed: 5)
        let labels: [Int32] = [0, 1, 2, 0, 1, 2, 2, 2, 1, 0, 0, 1]
        func accumulated(_ range: Range<Int>) -> LabelMeans {
            var sums = LabelMeans(labels: 3, height: 2, width: 2, filters: 2)
            let part = Tensor([range.count, 8], Array(values[range.lowerBound * 8..<range.upperBound * 8]))
            part.withBuffer { sums.accumulate(activations: $0, labels: Array(labels[range])) }
            return sums
        }
        var merged = accumulated(0..<5)
        merged.merge(accumulated(5..<12))
        #expect(merged.counts == [4, 4, 4])
        expectClose(
            merged.sumsOfPresentLabels.flatMap { $0 }, accumulated(0..<12).sumsOfPresentLabels.flatMap { $0 }, relative: 1e-15)
        let means = try merged.means(layer: "conv1").array
        for label in 0..<3 {
            for element in 0..<8 {
                let own = (0..<12).filter { labels[$0] == label }.map { Double(values[$0 * 8 + element]) }
                #expect(abs(Double(means[label * 8 + element]) - own.reduce(0, +) / 4) < 1e-6)
            }
        }
    }

    /// Widths with and without whole vectors.
    @Test(arguments: [1, 7, 8, 21]) func meansOfSomeFilters(filters: Int) throws {
        let labels = (0..<30).map { Int32($0 % 3) }
        var sums = LabelMeans(labels: 3, height: 2, width: 3, filters: filters)
        Tensor([30, 6 * filters], randomFloats(180 * filters, seed: 8)).withBuffer { sums.accumulate(activations: $0, labels: labels) }
        let whole = try sums.means(layer: "conv1").array
        for range in [0..<filters, filters / 2..<filters, 0..<1] {
            let some = sums.means(of: range)
            #expect(some.shape == [3, 6, range.count])
            #expect(some.array == (0..<18).flatMap { row in range.map { whole[row * filters + $0] } })
        }
    }

    @Test func surplusRowsAreNotRead() {
        var sums = LabelMeans(labels: 1, height: 1, width: 1, filters: 1)
        Tensor([3, 1], [1, 2, .nan]).withBuffer { sums.accumulate(activations: $0, labels: [0, 0]) }
        #expect(sums.sumsOfPresentLabels == [[3]])
    }

    /// Sorted samples in parts: labels that only one part has, and one that both have.
    @Test func partsHoldTheirOwnLabelsAlone() throws {
        func part(_ values: [Float], _ labels: [Int32]) -> LabelMeans {
            var sums = LabelMeans(labels: 4, height: 1, width: 1, filters: 2)
            Tensor([labels.count, 2], values).withBuffer { sums.accumulate(activations: $0, labels: labels) }
            return sums
        }
        var left = part([1, 2, 3, 4, 5, 6], [0, 1, 1])
        let right = part([7, 8, 9, 10, 11, 12], [1, 3, 3])
        #expect(left.sumsOfPresentLabels == [[1, 2], [8, 10]] && right.counts == [0, 1, 0, 2])
        left.merge(right)
        #expect(left.sumsOfPresentLabels == [[1, 2], [15, 18], [20, 22]] && left.counts == [1, 3, 0, 2])
        #expect(left == LabelMeans(labels: 4, height: 1, width: 1, filters: 2, sums: [[1, 2], [15, 18], [20, 22]], counts: [1, 3, 0, 2]))
        left.merge(part([1, 1], [2]))
        #expect(try left.means(layer: "conv1").array == [1, 2, 5, 6, 1, 1, 10, 11])
    }

    @Test func aLabelWithoutImagesHasNoMean() {
        let sums = LabelMeans(labels: 3, height: 1, width: 1, filters: 1, sums: [[4]], counts: [2, 0, 0])
        #expect(throws: MechanismFault.labelsWithoutImages(layer: "conv4", labels: [1, 2])) { try sums.means(layer: "conv4") }
    }
}
