import Tensors

// What follows a projection: batch norm without an activation, and the sum with the block's input.

/// output = n · sampleFactors + addend, n the normalised map.
///
/// - Parameters:
///   - output: [rows, C], overwritten.
///   - addend: [rows, C], the block's input where it is added; nil where it is not.
///   - sampleFactors: [N], stochastic depth's (Huang et al. 2016): 0, or 1 / share kept; nil for 1.
public func normalizeLinear(
    output: FloatBuffer, map: NormalizedMap, addend: FloatBuffer?, sampleFactors: FloatBuffer? = nil, batch: Int
) {
    requireCount(output, map.convolved.count, "output")
    let (channels, positions) = (map.channels, map.convolved.count / map.channels / batch)
    for sample in 0..<batch {
        let factor = Vector(repeating: sampleFactors.map { $0.pointer[sample] } ?? 1)
        forEachVector(channels) { channel, lanes in
            let vectors = map.coefficients.vectors(at: channel, lanes: lanes)
            for position in 0..<positions {
                let place = (sample &* positions &+ position) &* channels &+ channel
                let value = vectors.normalized(map.convolved.pointer.vector(at: place, count: lanes))
                let start = addend.map { $0.pointer.vector(at: place, count: lanes) } ?? Vector()
                output.pointer.store(start.addingProduct(value, factor), at: place, count: lanes)
            }
        }
    }
}

/// output = input · factors, a sample at a time: the gradient behind stochastic depth. The two may be the same memory.
/// - Parameter factors: [N]
public func scaleSamples(output: FloatBuffer, input: FloatBuffer, factors: FloatBuffer) {
    requireCount(input, output.count, "input")
    let width = output.count / factors.count
    for sample in 0..<factors.count {
        let factor = factors.pointer[sample]
        let (target, source) = (output.pointer + sample * width, input.pointer + sample * width)
        forEachVector(width) { place, lanes in
            target.store(source.vector(at: place, count: lanes) * factor, at: place, count: lanes)
        }
    }
}

/// The gradients of a batch norm that no activation follows, and the coefficients of the way back.
public func finishLinearGradients(_ batchNorm: BatchNormGradients, outputGradient: NormalizedMapGradient) {
    let map = outputGradient.map
    let (channels, rows) = (map.channels, map.convolved.count / map.channels)
    requireCount(outputGradient.gradient, map.convolved.count, "outputGradient")
    forEachVector(channels) { channel, lanes in
        let vectors = map.coefficients.vectors(at: channel, lanes: lanes)
        var total = GradientTotals()
        for first in stride(from: 0, to: rows, by: passRows) {
            var (shift, scale) = (Vector(), Vector())
            for row in first..<min(first + passRows, rows) {
                let place = row &* channels &+ channel
                let gradient = outputGradient.gradient.pointer.vector(at: place, count: lanes)
                shift += gradient
                scale.addProduct(gradient, map.convolved.pointer.vector(at: place, count: lanes) - vectors.mean)
            }
            total.add(shift: shift, scale: scale)
        }
        total.finish(
            map.coefficients, batchNorm.scale, batchNorm.shift, adds: batchNorm.adds, rows: rows, channel: channel, lanes: lanes)
    }
}
