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
    func add(_ map: UnsafePointer<Float>, rows: Int) {
        for first in stride(from: 0, to: rows, by: 16) {
            let count = min(16, rows - first)
            for channel in stride(from: 0, to: channels, by: vectorWidth) {
                let lanes = min(vectorWidth, channels &- channel)
                let run = map + (first &* channels &+ channel)
                if lanes == vectorWidth {
                    tiles[channel / vectorWidth].add(count: count) { body in
                        for row in 0..<count { body(run.vector(at: row &* channels)) }
                    }
                } else {
                    tiles[channel / vectorWidth].add(count: count) { body in
                        for row in 0..<count { body(run.vector(at: row &* channels, count: lanes)) }
                    }
                }
            }
        }
    }
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
