/// How a pixel between others is weighed from them.
public enum Interpolation: String, Codable, CaseIterable, Sendable {
    /// A triangle of one pixel to either side.
    case bilinear
    /// Keys' cubic with a = −1/2, two pixels to either side.
    case bicubic

    /// Pixels to either side, before it is widened for shrinking.
    var support: Double { self == .bilinear ? 1 : 2 }

    func weight(_ distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .bilinear: return x < 1 ? 1 - x : 0
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
            return 0
        }
    }
}

/// For each pixel of one output axis, which input pixels it is made of and with what weights: an antialiased resampling, as
/// Pillow does it (`Image.resize`): the filter is widened by the factor of shrinking, weights add up to one and are rounded
/// to fixed point. Integer sums give the same bits on any machine.
final class ResampleWindows {
    /// Bits behind the point of a weight.
    static let precision: Int32 = 22

    private(set) var starts: [Int32] = []
    private(set) var counts: [Int32] = []
    /// `stride` weights for each output pixel.
    private(set) var weights: [Int32] = []
    private(set) var stride = 0
    private var exact: [Double] = []

    /// - Parameters:
    ///   - low: where the part of the input that is resampled begins, in pixels; a fraction where it was scaled while
    ///     decoding.
    ///   - extent: its length.
    ///   - size: pixels of the whole output axis.
    ///   - range: those of them that are wanted.
    ///   - inputSize: pixels of the input axis.
    func prepare(low: Double, extent: Double, size: Int, range: Range<Int>, inputSize: Int, _ interpolation: Interpolation) {
        // Pixels outside the part do not shine in, just as if it had been cut out first.
        let first = max(0, Int(low))
        let end = min(inputSize, Int((low + extent).rounded(.up)))
        let shift = low - Double(first)
        let scale = extent / Double(size)
        let widening = max(scale, 1)
        let support = interpolation.support * widening
        let inverse = 1 / widening
        let limit = end - first
        stride = Int(support.rounded(.up)) * 2 + 1
        starts.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        for place in range {
            let center = shift + (Double(place) + 0.5) * scale
            let start = min(max(0, Int(center - support + 0.5)), limit - 1)
            let count = max(1, min(limit, Int(center + support + 0.5)) - start)
            exact.removeAll(keepingCapacity: true)
            var total = 0.0
            for input in start..<start + count {
                let weight = interpolation.weight((Double(input) - center + 0.5) * inverse)
                exact.append(weight)
                total += weight
            }
            starts.append(Int32(first + start))
            counts.append(Int32(count))
            for weight in exact {
                let scaled = (total != 0 ? weight / total : weight) * Double(Int32(1) << Self.precision)
                weights.append(Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5))
            }
            for _ in count..<stride { weights.append(0) }
        }
    }

    /// The input pixels that any of the output pixels is made of.
    var inputRange: Range<Int> {
        guard let first = starts.min() else { return 0..<0 }
        var end: Int32 = 0
        for place in starts.indices { end = max(end, starts[place] &+ counts[place]) }
        return Int(first)..<Int(end)
    }
}
