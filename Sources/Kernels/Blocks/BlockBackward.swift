import Tensors

/// Batch norm's scale and shift gradients, and with them the coefficients of the way back:
///
///     shiftGradient = Σ d      scaleGradient = Σ d · (z − mean) / √(variance + ε)      (over rows, d masked by ReLU and max-pool)
///
/// `coefficients` must stand as `finishBatchStatistics` left them for the same shard.
///
/// - Parameters:
///   - scaleGradient, shiftGradient: [C], overwritten, or added to where `adds` is set.
///   - outputGradient: of the block's output, `shape.outputCount` floats.
///   - convolved: the convolution's output, `shape.convolvedCount` floats.
public func finishBatchGradients(
    coefficients: ChannelCoefficients, scaleGradient: FloatBuffer, shiftGradient: FloatBuffer, adds: Bool,
    outputGradient: FloatBuffer, convolved: FloatBuffer, shape: BlockShape
) {
    requireCount(scaleGradient, shape.channels, "scaleGradient")
    requireCount(shiftGradient, shape.channels, "shiftGradient")
    reduceGradients(outputGradient, convolved, coefficients, shape) { channel, lanes, total in
        total.finish(coefficients, scaleGradient, shiftGradient, adds: adds, rows: shape.rows, channel: channel, lanes: lanes)
    }
}

/// biasGradient = (or += where `adds`) Σ d over rows, the gradient of a convolution's bias where no batch norm follows.
public func finishBiasGradient(
    coefficients: ChannelCoefficients, biasGradient: FloatBuffer, adds: Bool, outputGradient: FloatBuffer,
    convolved: FloatBuffer, shape: BlockShape
) {
    requireCount(biasGradient, shape.channels, "biasGradient")
    reduceGradients(outputGradient, convolved, coefficients, shape) { channel, lanes, total in
        put(Vector(total.shift), in: biasGradient, at: channel, lanes: lanes, adds: adds)
    }
}

/// Σ d and Σ d · (z − mean) over the rows, for every 16 channels: runs in Float, their totals in Double.
private func reduceGradients(
    _ outputGradient: FloatBuffer, _ convolved: FloatBuffer, _ coefficients: ChannelCoefficients, _ shape: BlockShape,
    _ finish: (_ channel: Int, _ lanes: Int, _ total: GradientTotals) -> Void
) {
    requireCount(outputGradient, shape.outputCount, "outputGradient")
    requireCount(convolved, shape.convolvedCount, "convolved")
    require(coefficients.channels == shape.channels, "coefficients of other channels")
    let blocks = alignedCount(shape.channels) / vectorWidth
    withUnsafeTemporaryAllocation(of: GradientTotals.self, capacity: blocks) { totals in
        totals.initialize(repeating: GradientTotals())
        if shape.pooled {
            let source = PooledNormalizedGradient(
                upper: outputGradient.pointer, convolved: convolved.pointer, coefficients: coefficients, height: shape.height,
                width: shape.width)
            addPooled(totals, source, shape)
        } else {
            let source = NormalizedGradient(
                upper: outputGradient.pointer, convolved: convolved.pointer, coefficients: coefficients, height: shape.height,
                width: shape.width)
            addUnpooled(totals, source, shape)
        }
        forEachVector(shape.channels) { channel, lanes in
            finish(channel, lanes, totals[channel / vectorWidth])
        }
    }
}

private func addUnpooled(
    _ totals: UnsafeMutableBufferPointer<GradientTotals>, _ source: NormalizedGradient, _ shape: BlockShape
) {
    let channels = shape.channels
    for first in stride(from: 0, to: shape.rows, by: passRows) {
        let end = min(first + passRows, shape.rows)
        forEachVector(channels) { channel, lanes in
            let vectors = source.coefficients.vectors(at: channel, lanes: lanes)
            var (shift, scale) = (Vector(), Vector())
            for row in first..<end {
                let (gradient, z) = source.rectified(vectors, row &* channels &+ channel, lanes: lanes)
                shift += gradient
                scale.addProduct(gradient, z - vectors.mean)
            }
            totals[channel / vectorWidth].shift += SIMD16<Double>(shift)
            totals[channel / vectorWidth].scale += SIMD16<Double>(scale)
        }
    }
}

private func addPooled(
    _ totals: UnsafeMutableBufferPointer<GradientTotals>, _ source: PooledNormalizedGradient, _ shape: BlockShape
) {
    for sample in 0..<shape.batch {
        for y in stride(from: 0, to: shape.height, by: 2) {
            forEachVector(shape.channels) { channel, lanes in
                let vectors = source.coefficients.vectors(at: channel, lanes: lanes)
                var (shift, scale) = (Vector(), Vector())
                for x in stride(from: 0, to: shape.width, by: 2) {
                    let window = source.window(vectors, sample: sample, y: y, x: x, channel: channel, lanes: lanes)
                    let winner = window.maximum.choose(window.z.0, window.z.1, window.z.2, window.z.3)
                    shift += window.gradient
                    scale.addProduct(window.gradient, winner - vectors.mean)
                }
                totals[channel / vectorWidth].shift += SIMD16<Double>(shift)
                totals[channel / vectorWidth].scale += SIMD16<Double>(scale)
            }
        }
    }
}

/// Writes the gradient of the convolution's output, [N, H, W, C], for convolutions that want it as a map.
func materializeGradient(_ map: UnsafeMutablePointer<Float>, _ source: NormalizedGradient, _ shape: BlockShape) {
    let channels = shape.channels
    for first in stride(from: 0, to: shape.rows, by: passRows) {
        let end = min(first + passRows, shape.rows)
        forEachVector(channels) { channel, lanes in
            let vectors = source.coefficients.vectors(at: channel, lanes: lanes)
            for row in first..<end {
                let place = row &* channels &+ channel
                let (gradient, z) = source.rectified(vectors, place, lanes: lanes)
                map.store(vectors.gradient(gradient, z), at: place, count: lanes)
            }
        }
    }
}

/// The same from behind a max-pool.
func materializeGradient(_ map: UnsafeMutablePointer<Float>, _ source: PooledNormalizedGradient, _ shape: BlockShape) {
    let (channels, mapRow) = (shape.channels, shape.width &* shape.channels)
    for sample in 0..<shape.batch {
        for y in stride(from: 0, to: shape.height, by: 2) {
            let row = map + (sample &* shape.height &+ y) &* mapRow
            forEachVector(channels) { channel, lanes in
                let vectors = source.coefficients.vectors(at: channel, lanes: lanes)
                for x in stride(from: 0, to: shape.width, by: 2) {
                    let window = source.window(vectors, sample: sample, y: y, x: x, channel: channel, lanes: lanes)
                    let parts = source.gradients(vectors, window)
                    let place = x &* channels &+ channel
                    row.store(parts.0, at: place, count: lanes)
                    row.store(parts.1, at: place &+ channels, count: lanes)
                    row.store(parts.2, at: place &+ mapRow, count: lanes)
                    row.store(parts.3, at: place &+ mapRow &+ channels, count: lanes)
                }
            }
        }
    }
}
