import Tensors

/// Batch normalisation with the batch's own statistics, over the rows of [rows, channels] where rows = N · H · W
/// (Ioffe and Szegedy 2015, algorithm 1), then max(0, ·) where `relu` is set. Overwrites all outputs.
///
///     output = (input − mean) / √(variance + epsilon) · scale + shift     variance: biased, Σ(x − mean)² / rows
///
/// - Parameters:
///   - output, input: [rows, channels]; may be the same memory.
///   - scale, shift: [channels]
///   - batchMean: [channels], for the running average and for the backward pass.
///   - batchVariance: [channels], unbiased, Σ(x − mean)² / (rows − 1), as PyTorch puts it in its running average; zero
///     for a single row, which has no variance.
///   - savedInverseDeviation: [channels], 1 / √(biased variance + epsilon), for the backward pass.
public func batchNormForwardTraining(
    output: FloatBuffer, input: FloatBuffer, scale: FloatBuffer, shift: FloatBuffer, batchMean: FloatBuffer,
    batchVariance: FloatBuffer, savedInverseDeviation: FloatBuffer, rows: Int, channels: Int, epsilon: Float, relu: Bool
) {
    require(rows > 0, "no rows")
    requireCount(output, rows * channels, "output")
    requireCount(input, rows * channels, "input")
    requireCount(scale, channels, "scale")
    requireCount(shift, channels, "shift")
    requireCount(batchMean, channels, "batchMean")
    requireCount(batchVariance, channels, "batchVariance")
    requireCount(savedInverseDeviation, channels, "savedInverseDeviation")
    let blocks = (channels + vectorWidth - 1) / vectorWidth
    withUnsafeTemporaryAllocation(of: ColumnMoments.self, capacity: blocks) { moments in
        accumulateMoments(moments, input.pointer, rows: rows, columns: channels)
        for block in 0..<blocks {
            let channel = block * vectorWidth
            let lanes = min(vectorWidth, channels - channel)
            let squares = moments[block].squares
            let biased = squares / Double(rows)
            let inverse = 1 / (biased + Double(epsilon)).squareRoot()
            batchMean.pointer.store(Vector(moments[block].mean), at: channel, count: lanes)
            batchVariance.pointer.store(Vector(squares / Double(max(rows - 1, 1))), at: channel, count: lanes)
            savedInverseDeviation.pointer.store(Vector(inverse), at: channel, count: lanes)
        }
    }
    normalize(
        output.pointer, input.pointer, rows: rows, channels: channels, relu: relu
    ) { channel, lanes in
        Normalizer(
            mean: batchMean.pointer.vector(at: channel, count: lanes),
            factor: scale.pointer.vector(at: channel, count: lanes)
                * savedInverseDeviation.pointer.vector(at: channel, count: lanes),
            shift: shift.pointer.vector(at: channel, count: lanes))
    }
}

/// Batch normalisation with the running statistics of training, then max(0, ·) where `relu` is set. Overwrites.
///
/// - Parameters:
///   - output, input: [rows, channels]; may be the same memory.
///   - scale, shift, runningMean, runningVariance: [channels]
public func batchNormForwardInference(
    output: FloatBuffer, input: FloatBuffer, scale: FloatBuffer, shift: FloatBuffer, runningMean: FloatBuffer,
    runningVariance: FloatBuffer, rows: Int, channels: Int, epsilon: Float, relu: Bool
) {
    requireCount(output, rows * channels, "output")
    requireCount(input, rows * channels, "input")
    requireCount(scale, channels, "scale")
    requireCount(shift, channels, "shift")
    requireCount(runningMean, channels, "runningMean")
    requireCount(runningVariance, channels, "runningVariance")
    normalize(
        output.pointer, input.pointer, rows: rows, channels: channels, relu: relu
    ) { channel, lanes in
        let variance = runningVariance.pointer.vector(at: channel, count: lanes)
        return Normalizer(
            mean: runningMean.pointer.vector(at: channel, count: lanes),
            factor: scale.pointer.vector(at: channel, count: lanes) / (variance + epsilon).squareRoot(),
            shift: shift.pointer.vector(at: channel, count: lanes))
    }
}

/// What 16 channels do to a value. The mean is subtracted first and not folded into the shift: that would cancel where
/// the mean is large against the deviation.
private struct Normalizer {
    let mean: Vector
    let factor: Vector
    let shift: Vector

    @inline(__always)
    func callAsFunction(_ value: Vector) -> Vector { shift.addingProduct(value - mean, factor) }
}

@inline(__always)
private func normalize(
    _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, rows: Int, channels: Int, relu: Bool,
    normalizer: (_ channel: Int, _ lanes: Int) -> Normalizer
) {
    for channel in stride(from: 0, to: channels, by: vectorWidth) {
        let lanes = min(vectorWidth, channels - channel)
        let normalized = normalizer(channel, lanes)
        if lanes == vectorWidth {
            if relu {
                for row in 0..<rows {
                    let place = row &* channels &+ channel
                    output.store(rectified(normalized(input.vector(at: place))), at: place)
                }
            } else {
                for row in 0..<rows {
                    let place = row &* channels &+ channel
                    output.store(normalized(input.vector(at: place)), at: place)
                }
            }
        } else {
            for row in 0..<rows {
                let place = row &* channels &+ channel
                let value = normalized(input.vector(at: place, count: lanes))
                output.store(relu ? rectified(value) : value, at: place, count: lanes)
            }
        }
    }
}
