import Kernels
import TestSupport
import Testing

/// Passes over fields against plain loops, at lengths with and without whole vectors.
@Suite struct FieldScanTests {
    @Test(arguments: [1, 2, 15, 16, 17, 40, 63, 64, 65, 100, 131])
    func bitsAndMarginAsPlainLoopsFindThem(labels: Int) {
        let values = randomFloats(labels * labels, seed: UInt64(labels))
        let top = values.max() ?? 0
        #expect(largest(values) == top)
        #expect(areFinite(values))
        guard top > 0 else { return }
        let wordsPerRow = (labels + 63) / 64
        for limit in [Float(0.3), 0, 0.999] {
            // What stood there before is gone.
            var words = [UInt64](repeating: .max, count: labels * wordsPerRow)
            let margin = thresholdBits(&words, wordsPerRow: wordsPerRow, values: values, columns: labels, top: top, limit: limit)
            #expect(margin == values.map { abs($0 / top - limit) }.min())
            for row in 0..<labels {
                for column in 0..<wordsPerRow * 64 {
                    let isSet = words[row * wordsPerRow + column / 64] >> UInt64(column % 64) & 1 == 1
                    #expect(isSet == (column < labels && values[row * labels + column] / top > limit))
                }
            }
        }
    }

    @Test func oneElementThatIsNotFiniteIsFoundWhereverItStands() {
        for count in [1, 16, 35] {
            for place in 0..<count {
                for bad in [Float.nan, .infinity, -.infinity] {
                    var values = [Float](repeating: .greatestFiniteMagnitude, count: count)
                    #expect(areFinite(values))
                    values[place] = bad
                    #expect(!areFinite(values))
                }
            }
        }
        #expect(areFinite([]))
    }

    @Test func largestOfNegativesAndOfNothing() {
        #expect(largest([]) == 0)
        for count in [1, 15, 16, 33] {
            for place in 0..<count {
                var values = [Float](repeating: -2, count: count)
                values[place] = -1
                #expect(largest(values) == -1)
            }
        }
    }
}
