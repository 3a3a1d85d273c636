import Kernels
import TestSupport
import Testing

/// The references' backward passes against finite differences of their forward passes; the fast kernels are tested
/// against the references elsewhere.
@Suite struct ReferenceGradientTests {
    /// See `numericalGradient`: the differences themselves are good to about 1e-9.
    private let tolerance = 1e-7

    @Test(arguments: [(3, 1, 1), (3, 2, 1), (1, 1, 0), (5, 2, 2), (3, 1, 2)])
    func convolution(kernel: Int, stride: Int, padding: Int) {
        let g = ConvolutionGeometry(
            batch: 2, inputHeight: 5, inputWidth: 6, inputChannels: 2, outputChannels: 3, kernelHeight: kernel,
            kernelWidth: kernel, stride: stride, padding: padding)
        let input = randomDoubles(g.inputCount, seed: 1)
        let weights = randomDoubles(g.weightCount, seed: 2)
        let bias = randomDoubles(g.outputChannels, seed: 3)
        let upper = randomDoubles(g.outputCount, seed: 4)
        expectClose(
            Reference.convolutionInputGradient(outputGradient: upper, weights: weights, geometry: g),
            numericalGradient(input, upper: upper) {
                Reference.convolutionForward(input: $0, weights: weights, bias: bias, geometry: g)
            }, relative: tolerance, "input")
        let gradients = Reference.convolutionWeightGradient(outputGradient: upper, input: input, geometry: g)
        expectClose(
            gradients.weightGradient,
            numericalGradient(weights, upper: upper) {
                Reference.convolutionForward(input: input, weights: $0, bias: bias, geometry: g)
            }, relative: tolerance, "weights")
        expectClose(
            gradients.biasGradient,
            numericalGradient(bias, upper: upper) {
                Reference.convolutionForward(input: input, weights: weights, bias: $0, geometry: g)
            }, relative: tolerance, "bias")
    }

    @Test(arguments: [false, true])
    func batchNorm(relu: Bool) {
        let (rows, channels, epsilon) = (11, 3, 1e-5)
        let input = randomDoubles(rows * channels, seed: 1)
        let scale = randomDoubles(channels, seed: 2).map { $0 + 1.5 }
        let shift = randomDoubles(channels, seed: 3)
        let upper = randomDoubles(rows * channels, seed: 4)
        func forward(_ input: [Double], _ scale: [Double], _ shift: [Double]) -> Reference.BatchNormResult<Double> {
            Reference.batchNormForwardTraining(
                input: input, scale: scale, shift: shift, rows: rows, channels: channels, epsilon: epsilon, relu: relu)
        }
        let result = forward(input, scale, shift)
        // No value sits so near the kink of ReLU that a step of 1e-5 could cross it.
        let linear = Reference.batchNormForwardTraining(
            input: input, scale: scale, shift: shift, rows: rows, channels: channels, epsilon: epsilon, relu: false)
        #expect(linear.output.allSatisfy { abs($0) > 1e-3 })
        let gradients = Reference.batchNormBackward(
            outputGradient: upper, input: input, output: result.output, scale: scale, savedMean: result.mean,
            savedInverseDeviation: result.inverseDeviation, rows: rows, channels: channels, relu: relu)
        expectClose(
            gradients.inputGradient, numericalGradient(input, upper: upper) { forward($0, scale, shift).output },
            relative: tolerance, "input")
        expectClose(
            gradients.scaleGradient, numericalGradient(scale, upper: upper) { forward(input, $0, shift).output },
            relative: tolerance, "scale")
        expectClose(
            gradients.shiftGradient, numericalGradient(shift, upper: upper) { forward(input, scale, $0).output },
            relative: tolerance, "shift")
    }

    @Test func pools() {
        let maximum = PoolGeometry(batch: 2, height: 5, width: 4, channels: 3, window: 3, stride: 1)
        let input = randomDoubles(maximum.inputCount, seed: 1)
        let upper = randomDoubles(maximum.outputCount, seed: 2)
        expectClose(
            Reference.maxPoolBackward(outputGradient: upper, input: input, geometry: maximum),
            numericalGradient(input, upper: upper) { Reference.maxPoolForward(input: $0, geometry: maximum) },
            relative: tolerance, "maximum")
        let average = AdaptivePoolGeometry(
            batch: 2, inputHeight: 5, inputWidth: 7, outputHeight: 3, outputWidth: 2, channels: 2)
        let averaged = randomDoubles(average.inputCount, seed: 3)
        let averageUpper = randomDoubles(average.outputCount, seed: 4)
        expectClose(
            Reference.averagePoolBackward(outputGradient: averageUpper, geometry: average),
            numericalGradient(averaged, upper: averageUpper) { Reference.averagePoolForward(input: $0, geometry: average) },
            relative: tolerance, "average")
    }

    @Test func linear() {
        let (rows, inputs, outputs) = (4, 5, 3)
        let input = randomDoubles(rows * inputs, seed: 1)
        let weights = randomDoubles(inputs * outputs, seed: 2)
        let bias = randomDoubles(outputs, seed: 3)
        let upper = randomDoubles(rows * outputs, seed: 4)
        func forward(_ input: [Double], _ weights: [Double], _ bias: [Double]) -> [Double] {
            Reference.linearForward(input: input, weights: weights, bias: bias, rows: rows, inputs: inputs, outputs: outputs)
        }
        expectClose(
            Reference.linearInputGradient(
                outputGradient: upper, weights: weights, rows: rows, inputs: inputs, outputs: outputs),
            numericalGradient(input, upper: upper) { forward($0, weights, bias) }, relative: tolerance, "input")
        let gradients = Reference.linearWeightGradient(
            outputGradient: upper, input: input, rows: rows, inputs: inputs, outputs: outputs)
        expectClose(
            gradients.weightGradient, numericalGradient(weights, upper: upper) { forward(input, $0, bias) },
            relative: tolerance, "weights")
        expectClose(
            gradients.biasGradient, numericalGradient(bias, upper: upper) { forward(input, weights, $0) },
            relative: tolerance, "bias")
    }

    @Test func reluAndSoftmax() {
        let input = randomDoubles(40, seed: 1).filter { abs($0) > 1e-3 }
        let upper = randomDoubles(input.count, seed: 2)
        expectClose(
            Reference.reluBackward(outputGradient: upper, output: Reference.reluForward(input: input)),
            numericalGradient(input, upper: upper) { Reference.reluForward(input: $0) }, relative: tolerance, "relu")
        let logits = randomDoubles(12, seed: 3).map { $0 * 3 }
        let labels: [Int32] = [2, 0, 3]
        let loss = { (logits: [Double]) in
            Reference.softmaxCrossEntropy(logits: logits, labels: labels, rows: 3, classes: 4, gradientScale: 0.25)
        }
        expectClose(
            loss(logits).logitsGradient, numericalGradient(logits, upper: [0.25]) { [loss($0).lossSum] },
            relative: tolerance, "softmax")
        let shares = [0.7, 0.25, 1].map { LabelShare(otherLabel: 3, weight: $0) }
        let mixed = { (logits: [Double]) in
            Reference.softmaxCrossEntropy(
                logits: logits, labels: labels, shares: shares, rows: 3, classes: 4, gradientScale: 0.25)
        }
        expectClose(
            mixed(logits).logitsGradient, numericalGradient(logits, upper: [0.25]) { [mixed($0).lossSum] },
            relative: tolerance, "softmax of mixtures")
    }
}
