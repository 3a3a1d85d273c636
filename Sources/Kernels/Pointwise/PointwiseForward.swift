import Tensors

/// Floats of workspace that each of the pointwise functions may use for this geometry.
public func pointwiseWorkspaceCount(_ geometry: PointwiseGeometry) -> Int {
    max(geometry.product.workspaceCount(prepares: true), geometry.gradients.workspaceCount)
}

extension PointwiseGeometry {
    var product: RowProduct { RowProduct(inner: inputChannels, columns: outputChannels, rows: rows) }
    var gatesWeights: Bool { Kernels.gatesWeights(positions: positions, columns: outputChannels) }
    var gradients: RowGradients { RowGradients(inputs: inputChannels, outputs: outputChannels, rows: rows) }
}

/// output = input · weights, with the moments of the output's channels.
///
/// - Parameters:
///   - output: [rows, F], overwritten.
///   - moments: of F channels, cleared and filled; nil where no batch norm follows.
///   - input: [rows, C]
///   - weights: [C, F]
///   - workspace: at least `pointwiseWorkspaceCount` floats.
public func pointwiseForward(
    output: FloatBuffer, moments: BlockMoments?, input: FloatBuffer, weights: FloatBuffer, geometry g: PointwiseGeometry,
    workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    let product = g.product
    require(workspace.count >= product.workspaceCount(prepares: false), "too small a workspace")
    require(moments.map { $0.channels == g.outputChannels } ?? true, "moments of other channels")
    moments?.clear()
    let panels = product.panels(workspace.pointer)
    panels.pack(weights.pointer)
    product.run(
        PlainRows(matrix: input.pointer, columns: g.inputChannels), panels,
        to: MeasuredMap(output: output.pointer, channels: g.outputChannels, moments: moments), range: 0..<g.rows,
        workspace: workspace.pointer)
}

/// output = activation(input · gates · weights · factors + bias) + addend, as inference has it.
///
/// - Parameters:
///   - factors, bias: [F], a folded batch norm.
///   - activates: whether SiLU follows the bias.
///   - addend: [rows, F], added last; may be the output itself.
///   - gates: [N, C], what each sample's channels are multiplied with beforehand; nil for nothing. See `gatesWeights`.
///   - reusesPanels: whether the workspace is as the last call with these weights and this number of channels left it, and that
///     call had gates if this one has.
public func pointwiseInference(
    output: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, factors: FloatBuffer, bias: FloatBuffer, activates: Bool,
    addend: FloatBuffer? = nil, gates: FloatBuffer? = nil, reusesPanels: Bool = false, geometry g: PointwiseGeometry,
    workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    requireCount(factors, g.outputChannels, "factors")
    requireCount(bias, g.outputChannels, "bias")
    if let addend { requireCount(addend, g.outputCount, "addend") }
    let product = g.product
    require(workspace.count >= product.workspaceCount(prepares: gates != nil), "too small a workspace")
    let panels = product.panels(workspace.pointer)
    let gatesWeights = gates != nil && g.gatesWeights
    if !reusesPanels && !gatesWeights { panels.pack(weights.pointer) }
    let sink = ActivatedMap(
        output: output.pointer, channels: g.outputChannels, factors: factors.pointer, bias: bias.pointer, activates: activates,
        addend: addend.map { UnsafePointer($0.pointer) })
    if let gates {
        requireCount(gates, g.batch * g.inputChannels, "gates")
        product.run(
            GatedRows(map: input.pointer, gates: gates.pointer, positions: g.positions, channels: g.inputChannels), panels,
            weights: gatesWeights ? weights.pointer : nil, to: sink, samples: 0..<g.batch, workspace: workspace.pointer)
    } else {
        product.run(
            PlainRows(matrix: input.pointer, columns: g.inputChannels), panels, to: sink, range: 0..<g.rows,
            workspace: workspace.pointer)
    }
}
