import Tensors

/// Floats of workspace that each of the stem's functions may use for this geometry.
public func stemWorkspaceCount(_ geometry: ConvolutionGeometry) -> Int {
    max(geometry.patchProduct.workspaceCount(prepares: true), geometry.patchGradients.workspaceCount(prepares: true))
}

extension ConvolutionGeometry {
    /// The convolution as a product of its patches.
    fileprivate var patchProduct: RowProduct { RowProduct(inner: patchCount, columns: outputChannels, rows: outputRows) }
    fileprivate var patchGradients: RowGradients { RowGradients(inputs: patchCount, outputs: outputChannels, rows: outputRows) }
}

/// A convolution of the image with the moments of its output, from patches that are gathered a block at a time.
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
    require(moments.channels == g.outputChannels, "moments of other channels")
    moments.clear()
    multiplyPatches(
        to: MeasuredMap(output: output.pointer, channels: g.outputChannels, moments: moments), input: input, weights: weights, geometry: g,
        workspace: workspace)
}

/// output = SiLU(convolution · factors + bias), the batch norm folded.
public func stemInference(
    output: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, factors: FloatBuffer, bias: FloatBuffer,
    geometry g: ConvolutionGeometry, workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(factors, g.outputChannels, "factors")
    requireCount(bias, g.outputChannels, "bias")
    let sink = ActivatedMap(
        output: output.pointer, channels: g.outputChannels, factors: factors.pointer, bias: bias.pointer, activates: true, addend: nil)
    multiplyPatches(to: sink, input: input, weights: weights, geometry: g, workspace: workspace)
}

@inline(__always)
private func multiplyPatches<Sink: PanelSink>(
    to sink: Sink, input: FloatBuffer, weights: FloatBuffer, geometry g: ConvolutionGeometry, workspace: FloatBuffer
) {
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    let product = g.patchProduct
    require(workspace.count >= product.workspaceCount(prepares: true), "too small a workspace")
    let panels = product.panels(workspace.pointer)
    panels.pack(weights.pointer)
    product.run(
        PatchRows(input: input.pointer, geometry: g), panels, to: sink, range: 0..<g.outputRows, workspace: workspace.pointer)
}

/// The weights' gradient; an image has none that anybody asks for.
public func stemBackward(
    weightGradient: FloatBuffer, adds: Bool, outputGradient: NormalizedMapGradient, input: FloatBuffer,
    geometry g: ConvolutionGeometry, workspace: FloatBuffer
) {
    requireCount(weightGradient, g.weightCount, "weightGradient")
    requireCount(input, g.inputCount, "input")
    requireCount(outputGradient.gradient, g.outputCount, "outputGradient")
    requireCount(outputGradient.map.convolved, g.outputCount, "outputGradient's map")
    let gradients = g.patchGradients
    require(workspace.count >= gradients.workspaceCount(prepares: true), "too small a workspace")
    gradients.run(
        weightGradient: weightGradient.pointer, adds: adds, inputGradient: nil, addend: nil, gradient: GradientRows(source: outputGradient),
        left: PatchRows(input: input.pointer, geometry: g), weights: nil, workspace: workspace.pointer)
}
