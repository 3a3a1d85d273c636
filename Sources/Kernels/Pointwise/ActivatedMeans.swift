import Tensors

/// output = the means over each sample's positions of SiLU(n): what a classifier behind a global average pool reads.
///
/// - Parameter output: [N, C], overwritten.
public func activatedMeans(output: FloatBuffer, map: NormalizedMap, batch: Int) {
    let (channels, positions) = (map.channels, map.convolved.count / map.channels / batch)
    requireCount(output, batch * channels, "output")
    for sample in 0..<batch {
        forEachVector(channels) { channel, lanes in
            let vectors = map.coefficients.vectors(at: channel, lanes: lanes)
            var sum = Vector()
            for position in 0..<positions {
                let place = (sample &* positions &+ position) &* channels &+ channel
                sum += silu(vectors.normalized(map.convolved.pointer.vector(at: place, count: lanes)))
            }
            output.pointer.store(sum / Float(positions), at: sample &* channels &+ channel, count: lanes)
        }
    }
}

/// The gradient of n, the batch norm's gradients and the coefficients of the way back.
///
/// - Parameters:
///   - inputGradient: [rows, C], overwritten with the gradient of n.
///   - outputGradient: [N, C]
public func activatedMeansBackward(
    inputGradient: FloatBuffer, batchNorm: BatchNormGradients, outputGradient: FloatBuffer, map: NormalizedMap, batch: Int
) {
    let (channels, positions) = (map.channels, map.convolved.count / map.channels / batch)
    requireCount(outputGradient, batch * channels, "outputGradient")
    requireCount(inputGradient, map.convolved.count, "inputGradient")
    forEachVector(channels) { channel, lanes in
        let vectors = map.coefficients.vectors(at: channel, lanes: lanes)
        var total = GradientTotals()
        for sample in 0..<batch {
            let upper = outputGradient.pointer.vector(at: sample &* channels &+ channel, count: lanes) / Float(positions)
            var (shift, scale) = (Vector(), Vector())
            for position in 0..<positions {
                let place = (sample &* positions &+ position) &* channels &+ channel
                let z = map.convolved.pointer.vector(at: place, count: lanes)
                let gradient = upper * siluWithSlope(vectors.normalized(z)).slope
                inputGradient.pointer.store(gradient, at: place, count: lanes)
                shift += gradient
                scale.addProduct(gradient, z - vectors.mean)
            }
            total.add(shift: shift, scale: scale)
        }
        total.finish(
            map.coefficients, batchNorm.scale, batchNorm.shift, adds: batchNorm.adds, rows: batch * positions, channel: channel,
            lanes: lanes)
    }
}

/// output = the means over each sample's positions of a map as it is, [N, positions, C].
/// - Parameter output: [N, C], overwritten.
public func mapMeans(output: FloatBuffer, input: FloatBuffer, batch: Int, channels: Int) {
    requireCount(output, batch * channels, "output")
    let positions = input.count / batch / channels
    requireCount(input, batch * positions * channels, "input")
    for sample in 0..<batch {
        forEachVector(channels) { channel, lanes in
            var sum = Vector()
            for position in 0..<positions {
                sum += input.pointer.vector(at: (sample &* positions &+ position) &* channels &+ channel, count: lanes)
            }
            output.pointer.store(sum / Float(positions), at: sample &* channels &+ channel, count: lanes)
        }
    }
}
