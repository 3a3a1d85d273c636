import Tensors

/// output = max(0, (z − mean) · factor + shift), behind the 2×2 max-pool where the shape has one: one pass that reads the
/// convolution's output and writes the block's. NaN wins a window, so that a diverged network is seen.
///
/// - Parameters:
///   - output: `shape.outputCount` floats, overwritten; without a max-pool it may be the same memory as `convolved`.
///   - convolved: `shape.convolvedCount` floats.
public func normalizeBlock(output: FloatBuffer, convolved: FloatBuffer, coefficients: ChannelCoefficients, shape: BlockShape) {
    requireCount(output, shape.outputCount, "output")
    requireCount(convolved, shape.convolvedCount, "convolved")
    require(coefficients.channels == shape.channels, "coefficients of other channels")
    let (channels, mapRow) = (shape.channels, shape.width * shape.channels)
    let (target, source) = (output.pointer, convolved.pointer)
    if shape.pooled {
        // A row of windows at a time, so that memory is read in order and the coefficients are loaded once a row.
        for row in 0..<(shape.batch * shape.height / 2) {
            let corner = source + row &* 2 &* mapRow
            let outputRow = target + row &* (mapRow / 2)
            forEachVector(channels) { channel, lanes in
                let vectors = coefficients.vectors(at: channel, lanes: lanes)
                for x in 0..<(shape.width / 2) {
                    let place = x &* 2 &* channels &+ channel
                    let top = larger(
                        vectors.normalized(corner.vector(at: place, count: lanes)),
                        vectors.normalized(corner.vector(at: place &+ channels, count: lanes)))
                    let bottom = larger(
                        vectors.normalized(corner.vector(at: place &+ mapRow, count: lanes)),
                        vectors.normalized(corner.vector(at: place &+ mapRow &+ channels, count: lanes)))
                    outputRow.store(rectified(larger(top, bottom)), at: x &* channels &+ channel, count: lanes)
                }
            }
        }
    } else {
        for first in stride(from: 0, to: shape.rows, by: passRows) {
            let rows = min(passRows, shape.rows &- first)
            forEachVector(channels) { channel, lanes in
                let vectors = coefficients.vectors(at: channel, lanes: lanes)
                for row in first..<(first &+ rows) {
                    let place = row &* channels &+ channel
                    target.store(rectified(vectors.normalized(source.vector(at: place, count: lanes))), at: place, count: lanes)
                }
            }
        }
    }
}

/// Rows whose channels are passed over together: few enough for the second-level cache, enough to pay for loading coefficients.
let passRows = 32

/// The larger of two per lane; NaN wins.
@inline(__always)
func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: (b .> a) .| (b .!= b)) }
