import Tensors

/// Floats of workspace that each of the stem's functions may use for this geometry.
public func stemWorkspaceCount(_ geometry: ConvolutionGeometry) -> Int {
    geometry.outputRows * geometry.patchCount + 2 * geometry.outputCount
}

/// A convolution of the image with the moments of its output, from gathered patches.
///
/// - Parameters:
///   - output: [N, oH, oW, F], overwritten.
///   - moments: of F channels, cleared and filled.
///   - input: [N, H, W, C]
///   - weights: [kH, kW, C, F]
///   - workspace: at least `stemWorkspaceCount` floats.
public func stemForward(
    output: FloatBuffer, moments: BlockMoments, input: FloatBuffer, weights: FloatBuffer, geometry g: ConvolutionGeometry,
    workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    gatherPatches(workspace.pointer, input.pointer, g, first: 0, count: g.outputRows)
    plainProduct(
        output.pointer, workspace.pointer, weights.pointer, rows: g.outputRows, columns: g.outputChannels, inner: g.patchCount)
    moments.clear()
    moments.add(output.pointer, rows: g.outputRows)
}

/// The weights' gradient; an image has none that anybody asks for.
public func stemBackward(
    weightGradient: FloatBuffer, adds: Bool, outputGradient: NormalizedMapGradient, input: FloatBuffer,
    geometry g: ConvolutionGeometry, workspace: FloatBuffer
) {
    requireCount(weightGradient, g.weightCount, "weightGradient")
    requireCount(input, g.inputCount, "input")
    requireCount(outputGradient.gradient, g.outputCount, "outputGradient")
    let patches = workspace.slice(0, g.outputRows * g.patchCount)
    let gradient = workspace.slice(patches.count, g.outputCount)
    gatherPatches(patches.pointer, input.pointer, g, first: 0, count: g.outputRows)
    materialize(gradient, outputGradient)
    plainWeightGradient(
        weightGradient.pointer, patches.pointer, gradient.pointer, adds: adds, rows: g.outputRows, inputs: g.patchCount,
        outputs: g.outputChannels)
}

/// output = SiLU(convolution · factors + bias), the batch norm folded.
public func stemInference(
    output: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, factors: FloatBuffer, bias: FloatBuffer,
    geometry g: ConvolutionGeometry, workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    let patches = workspace.slice(0, g.outputRows * g.patchCount)
    gatherPatches(patches.pointer, input.pointer, g, first: 0, count: g.outputRows)
    let rest = workspace.slice(patches.count, 2 * g.outputCount)
    let product = rest.slice(0, g.outputCount)
    plainProduct(product.pointer, patches.pointer, weights.pointer, rows: g.outputRows, columns: g.outputChannels, inner: g.patchCount)
    for row in 0..<g.outputRows {
        forEachVector(g.outputChannels) { channel, lanes in
            let place = row &* g.outputChannels &+ channel
            let value = bias.pointer.vector(at: channel, count: lanes).addingProduct(
                product.pointer.vector(at: place, count: lanes), factors.pointer.vector(at: channel, count: lanes))
            output.pointer.store(silu(value), at: place, count: lanes)
        }
    }
}
