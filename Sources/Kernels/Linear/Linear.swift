import Tensors

/// output[rows, outputs] = input[rows, inputs] · weightsᵀ (+ bias[outputs]); weights [outputs, inputs]. Overwrites.
public func linearForward(
    output: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, bias: FloatBuffer?, rows: Int, inputs: Int, outputs: Int
) {
    requireCount(output, rows * outputs, "output")
    requireCount(input, rows * inputs, "input")
    requireCount(weights, inputs * outputs, "weights")
    if let bias {
        requireCount(bias, outputs, "bias")
        repeatRow(output.pointer, bias.pointer, rows: rows, columns: outputs)
    }
    product(
        output.pointer, outputs, input.pointer, inputs, false, weights.pointer, inputs, true, rows: rows, columns: outputs,
        inner: inputs, accumulate: bias != nil)
}

/// inputGradient[rows, inputs] = outputGradient[rows, outputs] · weights[outputs, inputs]. Overwrites.
public func linearInputGradient(
    inputGradient: FloatBuffer, outputGradient: FloatBuffer, weights: FloatBuffer, rows: Int, inputs: Int, outputs: Int
) {
    requireCount(inputGradient, rows * inputs, "inputGradient")
    requireCount(outputGradient, rows * outputs, "outputGradient")
    requireCount(weights, inputs * outputs, "weights")
    product(
        inputGradient.pointer, inputs, outputGradient.pointer, outputs, false, weights.pointer, inputs, false, rows: rows,
        columns: inputs, inner: outputs, accumulate: false)
}

/// weightGradient[outputs, inputs] = outputGradientᵀ · input, biasGradient[outputs] = the column sums of outputGradient.
/// Overwrites both, or adds to both where `adds` is set, with the bits of two gradients added.
public func linearWeightGradient(
    weightGradient: FloatBuffer, biasGradient: FloatBuffer?, adds: Bool = false, outputGradient: FloatBuffer, input: FloatBuffer,
    rows: Int, inputs: Int, outputs: Int
) {
    requireCount(weightGradient, inputs * outputs, "weightGradient")
    requireCount(outputGradient, rows * outputs, "outputGradient")
    requireCount(input, rows * inputs, "input")
    if let biasGradient {
        requireCount(biasGradient, outputs, "biasGradient")
        columnSums(biasGradient.pointer, outputGradient.pointer, rows: rows, columns: outputs, adds: adds)
    }
    // Few rows make a large matrix: bound by memory, which our own tiles pass over once, adding as they go.
    let whole = inputs / vectorWidth * vectorWidth
    if whole > 0 {
        outerProduct(
            output: weightGradient.pointer, outputStride: inputs, left: outputGradient.pointer, leftStride: outputs,
            leftColumns: outputs, right: input.pointer, rightStride: inputs, rightColumns: whole, inner: rows,
            start: adds ? .addend : .none)
    }
    for output in 0..<outputs {
        for index in whole..<inputs {
            var sum: Float = 0
            for row in 0..<rows { sum.addProduct(outputGradient.pointer[row * outputs + output], input.pointer[row * inputs + index]) }
            let place = output * inputs + index
            weightGradient.pointer[place] = adds ? weightGradient.pointer[place] + sum : sum
        }
    }
}
