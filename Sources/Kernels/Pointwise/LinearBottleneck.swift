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
    if let addend { requireCount(addend, output.count, "addend") }
    if let sampleFactors { requireCount(sampleFactors, batch, "sampleFactors") }
    let (channels, positions) = (map.channels, map.convolved.count / map.channels / batch)
    let (target, source) = (output.pointer, map.convolved.pointer)
    for sample in 0..<batch {
        let factor = Vector(repeating: sampleFactors.map { $0.pointer[sample] } ?? 1)
        forEachPass(sample &* positions..<(sample &+ 1) &* positions, channels) { rows, channel, lanes in
            let vectors = map.coefficients.vectors(at: channel, lanes: lanes)
            let start = rows.lowerBound &* channels &+ channel
            if let addend {
                for row in 0..<rows.count {
                    let place = start &+ row &* channels
                    let value = vectors.normalized(source.vector(at: place, count: lanes))
                    target.store(
                        addend.pointer.vector(at: place, count: lanes).addingProduct(value, factor), at: place, count: lanes)
                }
            } else {
                for row in 0..<rows.count {
                    let place = start &+ row &* channels
                    target.store(vectors.normalized(source.vector(at: place, count: lanes)) * factor, at: place, count: lanes)
                }
            }
        }
    }
}

/// Runs of rows, and in each run its channels, 16 at a time.
@inline(__always)
func forEachPass(_ rows: Range<Int>, _ channels: Int, _ body: (_ rows: Range<Int>, _ channel: Int, _ lanes: Int) -> Void) {
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: passRows) {
        let run = first..<min(first &+ passRows, rows.upperBound)
        forEachVector(channels) { channel, lanes in body(run, channel, lanes) }
    }
}

/// output = input · factors, a sample at a time: the gradient behind stochastic depth. The two may be the same memory.
/// - Parameter factors: [N]
public func scaleSamples(output: FloatBuffer, input: FloatBuffer, factors: FloatBuffer) {
    requireCount(input, output.count, "input")
    let width = output.count / factors.count
    requireCount(output, width * factors.count, "output")
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
    let channels = map.channels
    requireCount(outputGradient.gradient, map.convolved.count, "outputGradient")
    let (upper, convolved) = (outputGradient.gradient.pointer, map.convolved.pointer)
    totalGradients(batchNorm, map: map, batch: 1) { _, rows, channel, lanes, vectors in
        var (shift, scale) = (Vector(), Vector())
        let start = rows.lowerBound &* channels &+ channel
        for row in 0..<rows.count {
            let place = start &+ row &* channels
            let gradient = upper.vector(at: place, count: lanes)
            shift += gradient
            scale.addProduct(gradient, convolved.vector(at: place, count: lanes) - vectors.mean)
        }
        return (shift, scale)
    }
}
