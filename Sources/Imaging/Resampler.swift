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
        _ = plan(
            (source.width, source.height), box: box, width: width, height: height, window: window, interpolation: interpolation)
        resample(source, origin: (0, 0), into: target)
    }

    /// Settles how a picture of some size is going to be resampled, as above.
    /// - Returns: the columns and rows of the picture that this takes.
    public func plan(
        _ size: (width: Int, height: Int), box: Box, width: Int, height: Int, window: (columns: Range<Int>, rows: Range<Int>),
        interpolation: Interpolation
    ) -> (columns: Range<Int>, rows: Range<Int>) {
        precondition(box.width > 0 && box.height > 0 && box.x >= 0 && box.y >= 0)
        precondition(box.x < Double(size.width) && box.y < Double(size.height))
        precondition(window.columns.lowerBound >= 0 && window.columns.upperBound <= width)
        precondition(window.rows.lowerBound >= 0 && window.rows.upperBound <= height)
        columns.prepare(
            low: box.x, extent: box.width, size: width, range: window.columns, inputSize: size.width, interpolation)
        rows.prepare(low: box.y, extent: box.height, size: height, range: window.rows, inputSize: size.height, interpolation)
        return (columns.inputRange, rows.inputRange)
    }

    /// Resamples as planned.
    /// - Parameter origin: the column and row of the planned picture that `source` begins with.
    /// - Precondition: the source holds the columns and rows that the plan takes.
    public func resample(_ source: PixelBuffer, origin: (column: Int, row: Int), into target: PixelBuffer) {
        let (across, needed) = (columns.inputRange, rows.inputRange)
        precondition(origin.column <= across.lowerBound && origin.column + source.width >= across.upperBound)
        precondition(origin.row <= needed.lowerBound && origin.row + source.height >= needed.upperBound)
        narrowed.reshape(width: columns.starts.count, height: needed.count)
        narrow(source, origin, needed)
        target.reshape(width: columns.starts.count, height: rows.starts.count)
        flatten(firstRow: needed.lowerBound, into: target)
    }

    /// Every needed row to the output's width, four rows at a time: one pixel of each fills a vector.
    private func narrow(_ source: PixelBuffer, _ origin: (column: Int, row: Int), _ needed: Range<Int>) {
        var row = needed.lowerBound
        while row < needed.upperBound {
            let last = needed.upperBound &- 1
            // At the end the last row stands in for those that are not there, and is written more than once.
            let (b, c, d) = (min(row &+ 1, last), min(row &+ 2, last), min(row &+ 3, last))
            narrow(source, origin, SIMD4(row, b, c, d), first: needed.lowerBound)
            row &+= 4
        }
    }

    @inline(__always)
    private func narrow(_ source: PixelBuffer, _ origin: (column: Int, row: Int), _ picked: SIMD4<Int>, first: Int) {
        let (stride, outStride) = (source.bytesPerRow, narrowed.bytesPerRow)
        let base = UnsafePointer(source.pixels) - (origin.row &* stride &+ origin.column &* 4)
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
                            sum &+= words(unsafeBitCast(four, to: Bytes.self)) &* weights[weight]
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
                        sum &+= words(source.bytes(at: offset)) &* weights[firstWeight &+ tap]
                        offset &+= stride
                    }
                    out.store(rounded(sum), at: place)
                    place &+= 16
                }
            }
        }
    }

    // Written out lane by lane: the standard library's conversions of whole vectors are calls that are not inlined.

    @inline(__always)
    private func words(_ bytes: Bytes) -> Words {
        var result = Words()
        for lane in 0..<16 { result[lane] = Int32(truncatingIfNeeded: bytes[lane]) }
        return result
    }

    @inline(__always)
    private func rounded(_ sum: Words) -> Bytes {
        let shifted = sum &>> Words(repeating: ResampleWindows.precision)
        var result = Bytes()
        for lane in 0..<16 { result[lane] = UInt8(truncatingIfNeeded: max(0, min(255, shifted[lane]))) }
        return result
    }
}
