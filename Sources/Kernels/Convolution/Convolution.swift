import Tensors

/// output = input ∗ weights (+ bias). Overwrites.
///
/// - Parameters:
///   - output: [N, oH, oW, F]
///   - input: [N, H, W, C]
///   - weights: [kH, kW, C, F]
///   - bias: [F] or nil
///   - workspace: at least `convolutionWorkspaceCount(geometry)` floats, whose contents are lost.
public func convolutionForward(
    output: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, bias: FloatBuffer?, geometry: ConvolutionGeometry,
    workspace: FloatBuffer
) {
    requireCount(output, geometry.outputCount, "output")
    requireCount(input, geometry.inputCount, "input")
    requireCount(weights, geometry.weightCount, "weights")
    if let bias { requireCount(bias, geometry.outputChannels, "bias") }
    require(workspace.count >= convolutionWorkspaceCount(geometry), "workspace is too small")
    forward(
        output: output.pointer, input: input.pointer, weights: weights.pointer, bias: bias?.pointer, geometry,
        workspace: workspace.pointer)
}

/// inputGradient = what reaches the input of a convolution from the gradient of its output. Overwrites.
///
/// - Parameters:
///   - inputGradient: [N, H, W, C]
///   - outputGradient: [N, oH, oW, F]
///   - weights: [kH, kW, C, F]
///   - workspace: at least `convolutionWorkspaceCount(geometry)` floats, whose contents are lost.
public func convolutionInputGradient(
    inputGradient: FloatBuffer, outputGradient: FloatBuffer, weights: FloatBuffer, geometry: ConvolutionGeometry,
    workspace: FloatBuffer
) {
    requireCount(inputGradient, geometry.inputCount, "inputGradient")
    requireCount(outputGradient, geometry.outputCount, "outputGradient")
    requireCount(weights, geometry.weightCount, "weights")
    require(workspace.count >= convolutionWorkspaceCount(geometry), "workspace is too small")
    if let reversed = reversedGeometry(geometry) {
        reverseKernels(workspace.pointer, weights.pointer, geometry)
        forward(
            output: inputGradient.pointer, input: outputGradient.pointer, weights: workspace.pointer, bias: nil, reversed,
            workspace: workspace.pointer + alignedCount(reversed.weightCount))
    } else {
        inputGradientByPatches(
            inputGradient: inputGradient.pointer, outputGradient: outputGradient.pointer, weights: weights.pointer,
            geometry, columns: workspace.pointer)
    }
}

/// weightGradient = the gradient of a convolution's weights, biasGradient = that of its bias. Overwrites both.
///
/// - Parameters:
///   - weightGradient: [kH, kW, C, F]
///   - biasGradient: [F] or nil
///   - outputGradient: [N, oH, oW, F]
///   - input: [N, H, W, C]
///   - workspace: at least `convolutionWorkspaceCount(geometry)` floats, whose contents are lost.
public func convolutionWeightGradient(
    weightGradient: FloatBuffer, biasGradient: FloatBuffer?, outputGradient: FloatBuffer, input: FloatBuffer,
    geometry: ConvolutionGeometry, workspace: FloatBuffer
) {
    requireCount(weightGradient, geometry.weightCount, "weightGradient")
    requireCount(outputGradient, geometry.outputCount, "outputGradient")
    requireCount(input, geometry.inputCount, "input")
    require(workspace.count >= convolutionWorkspaceCount(geometry), "workspace is too small")
    if let biasGradient {
        requireCount(biasGradient, geometry.outputChannels, "biasGradient")
        columnSums(biasGradient.pointer, outputGradient.pointer, rows: geometry.outputRows, columns: geometry.outputChannels)
    }
    if usesDirectWeightGradient(geometry) {
        weightGradientDirectly(
            weightGradient: weightGradient.pointer, outputGradient: outputGradient.pointer, input: input.pointer, geometry,
            workspace: workspace.pointer)
    } else {
        weightGradientByPatches(
            weightGradient: weightGradient.pointer, outputGradient: outputGradient.pointer, input: input.pointer, geometry,
            columns: workspace.pointer)
    }
}

/// The forward pass by the kernel that suits the geometry; the geometry alone decides, so bits do not depend on a machine.
private func forward(
    output: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, _ geometry: ConvolutionGeometry, workspace: UnsafeMutablePointer<Float>
) {
    if usesDirectForward(geometry) {
        forwardDirectly(output: output, input: input, weights: weights, bias: bias, geometry, workspace: workspace)
    } else {
        forwardByPatches(output: output, input: input, weights: weights, bias: bias, geometry, columns: workspace)
    }
}
