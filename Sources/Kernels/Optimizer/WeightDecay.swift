import Tensors

/// How strongly weight decay pulls at each element of a parameter vector: one factor for all, or none at the elements of some tensors.
/// What is exempt is kept as ranges, so that the loop over elements knows nothing of it.
///
///     let decay = WeightDecay(1e-4, exemptingVectorsOf: network.parameterLayout)
///     decay.forEachRange(in: 0..<32_768) { range, factor in … }
public struct WeightDecay: Sendable, Hashable {
    public let factor: Double
    /// Ranges of the vector that decay or do not, ascending, without gaps, and no two alike beside each other. Empty: all decays.
    private let ranges: [Part]

    private struct Part: Sendable, Hashable {
        var end: Int
        let decays: Bool
    }

    /// The same factor everywhere.
    public init(_ factor: Double) {
        self.factor = factor
        ranges = []
    }

    /// Exempt are the tensors with one axis: in the networks of this program those are the scales and shifts of batch norm and every
    /// bias, and nothing else; weights of convolutions and linear layers have two axes or more. PyTorch users draw the line alike.
    public init(_ factor: Double, exemptingVectorsOf layout: TensorLayout) {
        self.factor = factor
        var ranges: [Part] = []
        for (index, entry) in layout.entries.enumerated() {
            // Padding goes with the tensor before it: it is zero and stays so either way.
            let end = index + 1 < layout.entries.count ? layout.entries[index + 1].offset : layout.totalCount
            let decays = entry.shape.rank > 1
            if let last = ranges.indices.last, ranges[last].decays == decays {
                ranges[last].end = end
            } else {
                ranges.append(Part(end: end, decays: decays))
            }
        }
        self.ranges = ranges
    }

    /// Cuts a slice of the vector where the factor changes. Steps of optimizers are elementwise, so the cuts change no bit.
    @inline(__always)
    public func forEachRange(in slice: Range<Int>, _ body: (_ range: Range<Int>, _ factor: Double) -> Void) {
        guard !ranges.isEmpty else { return body(slice, factor) }
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].end <= slice.lowerBound { low = middle + 1 } else { high = middle }
        }
        var start = slice.lowerBound
        while start < slice.upperBound {
            require(low < ranges.count, "a slice beyond the layout's end")
            let end = min(ranges[low].end, slice.upperBound)
            body(start..<end, ranges[low].decays ? factor : 0)
            start = end
            low += 1
        }
    }
}
