import Tensors

/// Moments of each 16 channels of a convolution's output, gathered while it is written.
public struct BlockMoments: @unchecked Sendable {
    let tiles: UnsafeMutablePointer<TileMoments>
    let channels: Int

    private static var floatsPerVector: Int { MemoryLayout<TileMoments>.stride / MemoryLayout<Float>.stride }

    /// Floats of a buffer for `channels` channels.
    public static func count(channels: Int) -> Int { alignedCount(channels) / vectorWidth * floatsPerVector }

    /// - Parameter buffer: `count(channels:)` floats on a 64-byte boundary.
    public init(_ buffer: FloatBuffer, channels: Int) {
        requireCount(buffer, Self.count(channels: channels), "buffer")
        self.channels = channels
        tiles = UnsafeMutableRawPointer(buffer.pointer).bindMemory(
            to: TileMoments.self, capacity: alignedCount(channels) / vectorWidth)
        clear()
    }

    func clear() { tiles.initialize(repeating: TileMoments(), count: alignedCount(channels) / vectorWidth) }

    /// Adds all rows of [rows, channels], in runs of 16.
    func add(_ map: UnsafePointer<Float>, rows: Int) { add(map, rows: rows, channels: 0..<channels) }

    /// Adds some of the channels, from a multiple of 16 on.
    @inline(__always)
    func add(_ map: UnsafePointer<Float>, rows: Int, channels range: Range<Int>) {
        for channel in stride(from: range.lowerBound, to: range.upperBound, by: vectorWidth) {
            let lanes = min(vectorWidth, range.upperBound &- channel)
            if lanes == vectorWidth {
                addVector(map + channel, rows: rows, channel: channel, lanes: vectorWidth)
            } else if lanes == vectorWidth / 2 {
                addVector(map + channel, rows: rows, channel: channel, lanes: vectorWidth / 2)
            } else {
                addVector(map + channel, rows: rows, channel: channel, lanes: lanes)
            }
        }
    }

    /// Inlined with a number of lanes and of rows that are known where it matters, so that loops unroll and nothing is divided.
    @inline(__always)
    private func addVector(_ map: UnsafePointer<Float>, rows: Int, channel: Int, lanes: Int) {
        var moments = tiles[channel / vectorWidth]
        var run = map
        for _ in 0..<(rows / Self.run) {
            moments.add(count: Self.run) { body in
                for row in 0..<Self.run { body(run.vector(at: row &* channels, count: lanes)) }
            }
            run += Self.run &* channels
        }
        let rest = rows % Self.run
        if rest > 0 {
            moments.add(count: rest) { body in
                for row in 0..<rest { body(run.vector(at: row &* channels, count: lanes)) }
            }
        }
        tiles[channel / vectorWidth] = moments
    }

    /// Rows of a run.
    static var run: Int { @inline(__always) get { 16 } }
}

/// Batch norm's statistics from moments, and the coefficients of the way forward.
///
/// - Parameters:
///   - batchMean, batchVariance: [C], overwritten; the variance is the unbiased one, Σ(z − mean)² / (rows − 1), as PyTorch puts it
///     in its running average, and 0 for a single row.
///   - scale, shift: [C], of the batch norm.
public func finishBatchStatistics(
    _ moments: BlockMoments, coefficients: ChannelCoefficients, batchMean: FloatBuffer, batchVariance: FloatBuffer,
    scale: FloatBuffer, shift: FloatBuffer, rows: Int, epsilon: Float
) {
    let channels = moments.channels
    require(coefficients.channels == channels && rows > 0, "coefficients of other channels, or no rows")
    requireCount(batchMean, channels, "batchMean")
    requireCount(batchVariance, channels, "batchVariance")
    requireCount(scale, channels, "scale")
    requireCount(shift, channels, "shift")
    for channel in stride(from: 0, to: channels, by: vectorWidth) {
        let lanes = min(vectorWidth, channels - channel)
        let moments = moments.tiles[channel / vectorWidth].finished(rows: rows)
        let mean = Vector(moments.mean)
        let inverse = Vector(1 / (moments.squares / Double(rows) + Double(epsilon)).squareRoot())
        batchMean.pointer.store(mean, at: channel, count: lanes)
        batchVariance.pointer.store(Vector(moments.squares / Double(max(rows - 1, 1))), at: channel, count: lanes)
        coefficients.mean.store(mean, at: channel, count: lanes)
        coefficients.factor.store(scale.pointer.vector(at: channel, count: lanes) * inverse, at: channel, count: lanes)
        coefficients.shift.store(shift.pointer.vector(at: channel, count: lanes), at: channel, count: lanes)
        coefficients.inverseDeviation.store(inverse, at: channel, count: lanes)
    }
}
