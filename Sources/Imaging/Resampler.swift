/// Cuts a part out of a picture and brings it to a size. It keeps its memory from picture to picture; one for each thread.
public final class Resampler {
    /// A part of a picture, in its pixels; fractions where the picture was scaled while decoding.
    public struct Box: Hashable, Sendable {
        public var x: Double
        public var y: Double
        public var width: Double
        public var height: Double

        public init(x: Double, y: Double, width: Double, height: Double) {
            (self.x, self.y, self.width, self.height) = (x, y, width, height)
        }
    }

    private let columns = ResampleWindows()
    private let rows = ResampleWindows()
    /// The rows that are needed, brought to the output's width.
    private let narrowed = PixelBuffer()

    public init() {}

    /// Resamples `box` of `source` to `width` x `height` pixels, of which `target` gets those of `window`.
    /// - Precondition: the box has an area and lies within the source; the window lies within the output.
    public func resample(
        _ source: PixelBuffer, box: Box, width: Int, height: Int, window: (columns: Range<Int>, rows: Range<Int>),
        interpolation: Interpolation, into target: PixelBuffer
    ) {
        precondition(box.width > 0 && box.height > 0 && box.x >= 0 && box.y >= 0 && box.x < Double(source.width) && box.y < Double(source.height))
        precondition(window.columns.lowerBound >= 0 && window.columns.upperBound <= width)
        precondition(window.rows.lowerBound >= 0 && window.rows.upperBound <= height)
        columns.prepare(
            low: box.x, extent: box.width, size: width, range: window.columns, inputSize: source.width, interpolation)
        rows.prepare(low: box.y, extent: box.height, size: height, range: window.rows, inputSize: source.height, interpolation)
        let needed = rows.inputRange
        narrowed.reshape(width: window.columns.count, height: needed.count)
        narrow(source, needed)
        target.reshape(width: window.columns.count, height: window.rows.count)
        flatten(firstRow: needed.lowerBound, into: target)
    }

    /// Every needed row to the output's width, four rows at a time: one pixel of each fills a vector.
    private func narrow(_ source: PixelBuffer, _ needed: Range<Int>) {
        var row = needed.lowerBound
        while row < needed.upperBound {
            let last = needed.upperBound &- 1
            // At the end the last row stands in for those that are not there, and is written more than once.
            let (b, c, d) = (min(row &+ 1, last), min(row &+ 2, last), min(row &+ 3, last))
            narrow(source, SIMD4(row, b, c, d), first: needed.lowerBound)
            row &+= 4
        }
    }

    @inline(__always)
    private func narrow(_ source: PixelBuffer, _ picked: SIMD4<Int>, first: Int) {
        let (stride, outStride) = (source.bytesPerRow, narrowed.bytesPerRow)
        let base = UnsafePointer(source.pixels)
        let (a, b, c, d) = (base + picked.x &* stride, base + picked.y &* stride, base + picked.z &* stride, base + picked.w &* stride)
        let out = picked &- first
        let (p, q) = (narrowed.pixels + out.x &* outStride, narrowed.pixels + out.y &* outStride)
        let (r, s) = (narrowed.pixels + out.z &* outStride, narrowed.pixels + out.w &* outStride)
        columns.starts.withUnsafeBufferPointer { starts in
            columns.counts.withUnsafeBufferPointer { counts in
                columns.weights.withUnsafeBufferPointer { weights in
                    let taps = columns.stride
                    for column in 0..<narrowed.width {
                        var sum = Words(repeating: 1 << (ResampleWindows.precision &- 1))
                        var offset = Int(starts[column]) &* 4
                        var weight = column &* taps
                        for _ in 0..<Int(counts[column]) {
                            let four = SIMD4(a.pixel(at: offset), b.pixel(at: offset), c.pixel(at: offset), d.pixel(at: offset))
                            sum &+= Words(truncatingIfNeeded: unsafeBitCast(four, to: Bytes.self)) &* weights[weight]
                            offset &+= 4
                            weight &+= 1
                        }
                        let four = unsafeBitCast(rounded(sum), to: SIMD4<UInt32>.self)
                        p.store(four.x, at: column &* 4)
                        q.store(four.y, at: column &* 4)
                        r.store(four.z, at: column &* 4)
                        s.store(four.w, at: column &* 4)
                    }
                }
            }
        }
    }

    /// Rows to the output's height, 16 bytes of a row at a time.
    private func flatten(firstRow: Int, into target: PixelBuffer) {
        let stride = target.bytesPerRow
        rows.weights.withUnsafeBufferPointer { weights in
            for row in 0..<target.height {
                let count = Int(rows.counts[row])
                let source = UnsafePointer(narrowed.pixels) + (Int(rows.starts[row]) &- firstRow) &* stride
                let out = target.pixels + row &* stride
                let firstWeight = row &* rows.stride
                var place = 0
                while place < stride {
                    var sum = Words(repeating: 1 << (ResampleWindows.precision &- 1))
                    var offset = place
                    for tap in 0..<count {
                        sum &+= Words(truncatingIfNeeded: source.bytes(at: offset)) &* weights[firstWeight &+ tap]
                        offset &+= stride
                    }
                    out.store(rounded(sum), at: place)
                    place &+= 16
                }
            }
        }
    }

    @inline(__always)
    private func rounded(_ sum: Words) -> Bytes {
        let shifted = sum &>> Words(repeating: ResampleWindows.precision)
        let low = pointwiseMax(shifted, Words(repeating: 0))
        return Bytes(truncatingIfNeeded: pointwiseMin(low, Words(repeating: 255)))
    }
}
