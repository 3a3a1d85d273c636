import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct LinearTests {
    init() { configureBLAS() }

    /// As for convolutions: the error of a sum of n products of values in [-1, 1) grows like √n · 2⁻²⁴.
    private func tolerance(terms: Int) -> Double { 4 * Double(max(terms, 4)).squareRoot() * 0x1p-24 }

    @Test(arguments: [(1, 1, 1), (3, 17, 5), (25, 512, 10), (7, 33, 100), (25, 128, 64)])
    func agreesWithReference(rows: Int, inputs: Int, outputs: Int) {
        let input = Memory(randomFloats(rows * inputs, seed: 1))
        let weights = Memory(randomFloats(inputs * outputs, seed: 2))
        let bias = Memory(randomFloats(outputs, seed: 3))
        let upper = Memory(randomFloats(rows * outputs, seed: 4))
        for withBias in [false, true] {
            let output = Memory(count: rows * outputs)
            linearForward(
                output: output.buffer, input: input.buffer, weights: weights.buffer, bias: withBias ? bias.buffer : nil,
                rows: rows, inputs: inputs, outputs: outputs)
            let expected = Reference.linearForward(
                input: input.doubles, weights: weights.doubles, bias: withBias ? bias.doubles : nil, rows: rows,
                inputs: inputs, outputs: outputs)
            expectClose(output.array, expected, relative: tolerance(terms: inputs), "forward")
        }
        let gradient = Memory(count: rows * inputs)
        linearInputGradient(
            inputGradient: gradient.buffer, outputGradient: upper.buffer, weights: weights.buffer, rows: rows,
            inputs: inputs, outputs: outputs)
        expectClose(
            gradient.array,
            Reference.linearInputGradient(
                outputGradient: upper.doubles, weights: weights.doubles, rows: rows, inputs: inputs, outputs: outputs),
            relative: tolerance(terms: outputs), "input gradient")
        let (weightGradient, biasGradient) = (Memory(count: inputs * outputs), Memory(count: outputs))
        linearWeightGradient(
            weightGradient: weightGradient.buffer, biasGradient: biasGradient.buffer, outputGradient: upper.buffer,
            input: input.buffer, rows: rows, inputs: inputs, outputs: outputs)
        let expected = Reference.linearWeightGradient(
            outputGradient: upper.doubles, input: input.doubles, rows: rows, inputs: inputs, outputs: outputs)
        expectClose(weightGradient.array, expected.weightGradient, relative: tolerance(terms: rows), "weight gradient")
        expectClose(biasGradient.array, expected.biasGradient, relative: tolerance(terms: rows), "bias gradient")
    }

    @Test(arguments: [false, true], [false, true])
    func matrixProductTransposesAndAccumulates(left transposeLeft: Bool, right transposeRight: Bool) {
        let (rows, columns, inner) = (9, 14, 23)
        let left = Memory(randomFloats(rows * inner, seed: 1))
        let right = Memory(randomFloats(columns * inner, seed: 2))
        let output = Memory(count: rows * columns)
        let expected = Reference.matrixProduct(
            left: left.doubles, right: right.doubles, rows: rows, columns: columns, inner: inner,
            transposeLeft: transposeLeft, transposeRight: transposeRight)
        for (accumulate, factor) in [(false, 1.0), (true, 2.0)] {
            matrixProduct(
                output: output.buffer, left: left.buffer, right: right.buffer, rows: rows, columns: columns, inner: inner,
                transposeLeft: transposeLeft, transposeRight: transposeRight, accumulate: accumulate)
            expectClose(output.array, expected.map { $0 * factor }, relative: tolerance(terms: inner))
        }
    }

    /// Rows of two within rows of three and four: what lies between them is neither read nor written.
    @Test func matrixProductKeepsToItsStrides() {
        let left = Memory([1, 2, .nan, 3, 4])
        let right = Memory([5, 6, .nan, .nan, 7, 8])
        let output = Memory([0, 0, 9, 0, 0])
        matrixProduct(
            output: output.buffer, left: left.buffer, right: right.buffer, rows: 2, columns: 2, inner: 2,
            outputStride: 3, leftStride: 3, rightStride: 4)
        withExtendedLifetime((left, right)) {}
        #expect(output.array == [19, 22, 9, 43, 50])
    }
}
