import Kernels

/// A K×K matrix of bits in 64-bit words: row i holds the labels j that images of label i light up.
public struct LabelBits: Sendable, Equatable {
    public let labels: Int
    private let wordsPerRow: Int
    private var words: [UInt64]

    /// No bit set.
    public init(labels: Int) {
        self.labels = labels
        wordsPerRow = (labels + 63) / 64
        words = [UInt64](repeating: 0, count: labels * wordsPerRow)
    }

    /// bit[i][j] = field[i][j] / top > threshold, where top, the field's largest element, is positive. The comparison is
    /// made in float32, the precision of the weights: a ratio equal to the threshold's float32 value is not above it.
    /// Nil for a silent filter (top ≤ 0).
    public init?(field: LabelField, threshold: Double) {
        guard let (bits, _) = Self.thresholded(field, top: field.top, threshold: threshold) else { return nil }
        self = bits
    }

    /// The same where top is known already, and the least |field / top − threshold| in float32.
    static func thresholded(_ field: LabelField, top: Float, threshold: Double) -> (bits: LabelBits, margin: Float)? {
        guard top > 0 else { return nil }
        var bits = LabelBits(labels: field.labels)
        let margin = thresholdBits(
            &bits.words, wordsPerRow: bits.wordsPerRow, values: field.values, columns: field.labels, top: top, limit: Float(threshold))
        return (bits, margin)
    }

    public subscript(input: Int, output: Int) -> Bool {
        words[input * wordsPerRow + output >> 6] >> UInt64(output & 63) & 1 == 1
    }

    public mutating func set(_ input: Int, _ output: Int) {
        words[input * wordsPerRow + output >> 6] |= 1 << UInt64(output & 63)
    }

    public var setCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// Set bits of each column.
    public var columnCounts: [Int] {
        var counts = [Int](repeating: 0, count: labels)
        for input in 0..<labels { forEachLabel(row(input)) { counts[$0] += 1 } }
        return counts
    }

    /// The clusters of `method.md`: labels with their own bit set, taken greedily in ascending order, each cluster a set of
    /// labels that are set in both directions pair by pair.
    public func clusters() -> [[Int]] {
        let mutual = intersectedWithTranspose()
        var open = [UInt64](repeating: 0, count: wordsPerRow)
        for label in 0..<labels where self[label, label] { open[label >> 6] |= 1 << UInt64(label & 63) }
        var clusters: [[Int]] = []
        while let first = lowest(open) {
            var cluster: [Int] = []
            // Candidates keep every pair with all members so far; going up from the lowest one is the method's order.
            var candidates = open
            var next: Int? = first
            while let label = next {
                cluster.append(label)
                open[label >> 6] &= ~(1 << UInt64(label & 63))
                candidates[label >> 6] &= ~(1 << UInt64(label & 63))
                for word in 0..<wordsPerRow { candidates[word] &= mutual.words[label * wordsPerRow + word] }
                next = lowest(candidates)
            }
            clusters.append(cluster)
        }
        return clusters
    }

    /// bit[i][j] and bit[j][i].
    private func intersectedWithTranspose() -> LabelBits {
        var transpose = LabelBits(labels: labels)
        for input in 0..<labels { forEachLabel(row(input)) { transpose.set($0, input) } }
        for index in words.indices { transpose.words[index] &= words[index] }
        return transpose
    }

    private func row(_ input: Int) -> ArraySlice<UInt64> { words[input * wordsPerRow..<(input + 1) * wordsPerRow] }

    private func lowest(_ set: [UInt64]) -> Int? {
        for (index, word) in set.enumerated() where word != 0 { return index * 64 + word.trailingZeroBitCount }
        return nil
    }

    private func forEachLabel(_ row: ArraySlice<UInt64>, _ body: (Int) -> Void) {
        for (index, word) in row.enumerated() {
            var rest = word
            while rest != 0 {
                body(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
    }
}
