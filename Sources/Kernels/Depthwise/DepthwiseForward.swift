import Tensors

/// Floats of workspace that each of the depthwise functions may use for this geometry.
public func depthwiseWorkspaceCount(_ geometry: DepthwiseGeometry) -> Int { 2 * geometry.inputCount + geometry.outputCount }

/// output = depthwise convolution of SiLU(n), with the moments of its channels.
///
/// - Parameters:
///   - output: [N, oH, oW, C], overwritten.
///   - moments: of C channels, cleared and filled.
///   - input: n, the normalised map before SiLU, [N, H, W, C].
///   - weights: [k, k, C]
///   - workspace: at least `depthwiseWorkspaceCount` floats.
public func depthwiseForward(
    output: FloatBuffer, moments: BlockMoments, input: NormalizedMap, weights: FloatBuffer, geometry g: DepthwiseGeometry,
    workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(input.convolved, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    let activated = workspace.slice(0, g.inputCount)
    activate(activated, input)
    plainDepthwise(output.pointer, activated.pointer, weights.pointer, g)
    moments.clear()
    moments.add(output.pointer, rows: g.outputRows)
}

/// output = SiLU(depthwise convolution · factors + bias), with the means of its maps for the squeeze.
///
/// - Parameters:
///   - means: [N, C], overwritten.
///   - input: [N, H, W, C], activated.
///   - factors, bias: [C], a folded batch norm.
public func depthwiseInference(
    output: FloatBuffer, means: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, factors: FloatBuffer, bias: FloatBuffer,
    geometry g: DepthwiseGeometry, workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    plainDepthwise(output.pointer, input.pointer, weights.pointer, g)
    for row in 0..<g.outputRows {
        forEachVector(g.channels) { channel, lanes in
            let place = row &* g.channels &+ channel
            let value = bias.pointer.vector(at: channel, count: lanes).addingProduct(
                output.pointer.vector(at: place, count: lanes), factors.pointer.vector(at: channel, count: lanes))
            output.pointer.store(silu(value), at: place, count: lanes)
        }
    }
    mapMeans(output: means, input: output, batch: g.batch, channels: g.channels)
}

/// target = SiLU(n)
func activate(_ target: FloatBuffer, _ source: NormalizedMap) {
    let channels = source.channels
    for row in 0..<(target.count / channels) {
        forEachVector(channels) { channel, lanes in
            let place = row &* channels &+ channel
            let vectors = source.coefficients.vectors(at: channel, lanes: lanes)
            target.pointer.store(
                silu(vectors.normalized(source.convolved.pointer.vector(at: place, count: lanes))), at: place, count: lanes)
        }
    }
}

func plainDepthwise(
    _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ g: DepthwiseGeometry
) {
    for sample in 0..<g.batch {
        for y in 0..<g.outputHeight {
            for x in 0..<g.outputWidth {
                forEachVector(g.channels) { channel, lanes in
                    var sum = Vector()
                    for ky in 0..<g.kernel {
                        let row = y * g.stride + ky - g.padding
                        for kx in 0..<g.kernel {
                            let column = x * g.stride + kx - g.padding
                            guard row >= 0, row < g.height, column >= 0, column < g.width else { continue }
                            sum.addProduct(
                                input.vector(at: ((sample * g.height + row) * g.width + column) * g.channels + channel, count: lanes),
                                weights.vector(at: (ky * g.kernel + kx) * g.channels + channel, count: lanes))
                        }
                    }
                    output.store(
                        sum, at: ((sample * g.outputHeight + y) * g.outputWidth + x) * g.channels + channel, count: lanes)
                }
            }
        }
    }
}
