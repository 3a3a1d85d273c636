import Tensors

/// The gradients of a pointwise convolution behind which a batch norm stands.
///
/// - Parameters:
///   - weightGradient: [C, F], overwritten, or added to where `adds` is set.
///   - inputGradient: [rows, C], overwritten: gradient of z · weightsᵀ + addend. nil where nobody asks for it.
///   - addend: [rows, C], another part of the input's gradient; may be `inputGradient` itself.
///   - outputGradient: with the coefficients of the way back.
///   - input: [rows, C]
///   - weights: [C, F]
///   - workspace: at least `pointwiseWorkspaceCount` floats.
public func pointwiseBackward(
    weightGradient: FloatBuffer, adds: Bool, inputGradient: FloatBuffer?, addend: FloatBuffer? = nil,
    outputGradient: NormalizedMapGradient, input: FloatBuffer, weights: FloatBuffer, geometry g: PointwiseGeometry,
    workspace: FloatBuffer
) {
    requireCount(weightGradient, g.weightCount, "weightGradient")
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    requireCount(outputGradient.gradient, g.outputCount, "outputGradient")
    let gradient = workspace.slice(0, g.outputCount)
    materialize(gradient, outputGradient)
    plainWeightGradient(
        weightGradient.pointer, input.pointer, gradient.pointer, adds: adds, rows: g.rows, inputs: g.inputChannels,
        outputs: g.outputChannels)
    guard let inputGradient else { return }
    plainInputGradient(
        inputGradient.pointer, gradient.pointer, weights.pointer, rows: g.rows, inputs: g.inputChannels, outputs: g.outputChannels,
        addend: addend?.pointer)
}

/// Writes the gradient of z.
func materialize(_ target: FloatBuffer, _ source: NormalizedMapGradient) {
    let channels = source.map.channels
    for row in 0..<(target.count / channels) {
        forEachVector(channels) { channel, lanes in
            let vectors = source.map.coefficients.vectors(at: channel, lanes: lanes)
            let place = row &* channels &+ channel
            let upper = source.gradient.pointer.vector(at: place, count: lanes)
            let z = source.map.convolved.pointer.vector(at: place, count: lanes)
            target.pointer.store(vectors.gradient(upper, z), at: place, count: lanes)
        }
    }
}

func plainWeightGradient(
    _ weightGradient: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, adds: Bool,
    rows: Int, inputs: Int, outputs: Int
) {
    for k in 0..<inputs {
        for column in 0..<outputs {
            var sum: Float = 0
            for row in 0..<rows { sum += input[row * inputs + k] * gradient[row * outputs + column] }
            let place = k * outputs + column
            weightGradient[place] = adds ? weightGradient[place] + sum : sum
        }
    }
}

func plainInputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, rows: Int,
    inputs: Int, outputs: Int, addend: UnsafePointer<Float>?
) {
    for row in 0..<rows {
        for k in 0..<inputs {
            var sum: Float = 0
            for column in 0..<outputs { sum += gradient[row * outputs + column] * weights[k * outputs + column] }
            let place = row * inputs + k
            inputGradient[place] = sum + (addend?[place] ?? 0)
        }
    }
}
