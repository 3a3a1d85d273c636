import Tensors

/// The gradients of a pointwise convolution behind which a batch norm stands.
///
/// - Parameters:
///   - weightGradient: [C, F], overwritten.
///   - inputGradient: [rows, C], overwritten: gradient of z · weightsᵀ + addend. nil where nobody asks for it.
///   - addend: [rows, C], another part of the input's gradient; may be `inputGradient` itself.
///   - outputGradient: with the coefficients of the way back.
///   - input: [rows, C]
///   - weights: [C, F]
///   - workspace: at least `pointwiseWorkspaceCount` floats.
public func pointwiseBackward(
    weightGradient: FloatBuffer, inputGradient: FloatBuffer?, addend: FloatBuffer? = nil,
    outputGradient: NormalizedMapGradient, input: FloatBuffer, weights: FloatBuffer, geometry g: PointwiseGeometry,
    workspace: FloatBuffer
) {
    requireCount(weightGradient, g.weightCount, "weightGradient")
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    requireCount(outputGradient.gradient, g.outputCount, "outputGradient")
    requireCount(outputGradient.map.convolved, g.outputCount, "outputGradient's map")
    if let inputGradient { requireCount(inputGradient, g.inputCount, "inputGradient") }
    if let addend { requireCount(addend, g.inputCount, "addend") }
    let gradients = g.gradients
    require(workspace.count >= gradients.workspaceCount, "too small a workspace")
    gradients.run(
        weightGradient: weightGradient.pointer, inputGradient: inputGradient?.pointer,
        addend: addend.map { UnsafePointer($0.pointer) }, gradient: GradientRows(source: outputGradient),
        input: PlainRows(matrix: input.pointer, columns: g.inputChannels), weights: weights.pointer, workspace: workspace.pointer)
}
