import Kernels
import Tensors
import TestSupport
import Testing

/// Maps, channels and batches around all edges: narrower than the kernel, odd and even, whole tiles and rests of them.
private let shapes: [(batch: Int, height: Int, width: Int, channels: Int)] = [
    (1, 1, 1, 1), (3, 2, 3, 7), (1, 5, 7, 16), (3, 13, 13, 33), (1, 14, 6, 24), (1, 7, 7, 144),
    (2, 4, 17, 16), (1, 1, 9, 33), (1, 8, 30, 5),
]

private func geometries(kernel: Int, stride: Int) -> [DepthwiseGeometry] {
    shapes.map {
        DepthwiseGeometry(
            batch: $0.batch, height: $0.height, width: $0.width, channels: $0.channels, kernel: kernel, stride: stride)
    }
}

@Suite struct DepthwiseTests {
    static let kernels = [1, 3, 5, 7, 9, 11]

    /// A Float's rounding.
    private let rounding = 0x1p-24

    /// Batch norm and SiLU make an input good to about four roundings of the largest values; a chain of k² products adds about
    /// one rounding of its running sum each, which grow like a random walk, to k.
    private func tolerance(_ kernel: Int) -> Double { (4 + Double(kernel)) * rounding }

    @Test(arguments: kernels, [1, 2])
    func agreesWithReference(kernel: Int, stride: Int) {
        for g in geometries(kernel: kernel, stride: stride) { checkAll(g) }
    }

    /// More channels than are gone through together, in every direction.
    @Test(arguments: [1, 2]) func manyChannelsAgreeWithReference(stride: Int) {
        checkAll(DepthwiseGeometry(batch: 2, height: 14, width: 14, channels: 888, kernel: 5, stride: stride))
    }

    private func checkAll(_ g: DepthwiseGeometry) {
        let one = DepthwiseCase(g)
        checkForward(one)
        checkBackward(one)
        checkInference(g)
    }

    private func checkForward(_ one: DepthwiseCase) {
        let g = one.g
        let statistics = one.forward()
        let expected = Reference.depthwiseForward(
            input: one.referenceNormalized().output, weights: one.weights.doubles, geometry: g)
        expectClose(one.output.array, expected, relative: tolerance(g.kernel), "output of \(g)")
        let moments = one.referenceBatchNorm(one.output.doubles, rows: g.outputRows)
        // Of the values as they were written, so only sums of short runs round; a mean may cancel, so the scale is the values'.
        let scale = [one.output.doubles.map(abs).max() ?? 0]
        expectClose(statistics.mean.map(Double.init) + scale, moments.mean + scale, relative: 16 * rounding, "mean of \(g)")
        expectClose(statistics.variance, moments.unbiasedVariance, relative: 16 * rounding, "variance of \(g)")
    }

    /// The reference takes the output's gradient from the kernel's own output, so the two differ by roundings alone.
    private func checkBackward(_ one: DepthwiseCase) {
        let g = one.g
        let gradients = one.backward()
        let (normalized, z) = (one.referenceNormalized(), one.output.doubles)
        let outputNorm = one.referenceBatchNorm(z, rows: g.outputRows)
        let outputGradient = one.referenceBatchNormBackward(
            one.upper.doubles, z, outputNorm, rows: g.outputRows).inputGradient
        let expected = Reference.depthwiseBackward(
            outputGradient: outputGradient, input: normalized.output, weights: one.weights.doubles, geometry: g)
        let inputNorm = one.referenceBatchNormBackward(
            expected.inputGradient, one.input.doubles, normalized, rows: one.inputRows)
        // A batch norm's way back subtracts; a channel of few rows may cancel wholly. So errors count against what it subtracts
        // from, gradients of the size of scale / deviation, and of √rows of them where they are summed.
        let size = 2.5 * (outputNorm.inverseDeviation.max() ?? 1)
        let sum = size * Double(g.outputRows).squareRoot()
        func expect(_ actual: [Float], _ expected: [Double], size: Double, _ label: String) {
            let tolerance = 4 * tolerance(g.kernel)
            expectClose(actual.map(Double.init) + [size], expected + [size], relative: tolerance, "\(label) of \(g)")
        }
        expect(gradients.input, expected.inputGradient, size: size, "input")
        expect(gradients.weights, expected.weightGradient, size: sum, "weights")
        expect(gradients.scale, inputNorm.scaleGradient, size: sum, "scale")
        expect(gradients.shift, inputNorm.shiftGradient, size: sum, "shift")
        expect(
            one.gradientBeforeBatchNorm(gradients.input), inputNorm.inputGradient,
            size: (normalized.inverseDeviation.max() ?? 1) * size, "input before its batch norm")
    }

    private func checkInference(_ g: DepthwiseGeometry) {
        let one = InferenceCase(g)
        let result = one.run()
        let expected = Reference.depthwiseInference(
            input: one.input.doubles, weights: one.weights.doubles, factors: one.factors.doubles, bias: one.bias.doubles,
            geometry: g)
        expectClose(result.output, expected.output, relative: tolerance(g.kernel), "output of \(g)")
        let scale = [expected.output.map(abs).max() ?? 0]
        expectClose(result.means.map(Double.init) + scale, expected.means + scale, relative: tolerance(g.kernel), "means of \(g)")
    }

    @Test(arguments: [1, 3, 5, 7], [1, 2])
    func referenceGradientsAreThoseOfFiniteDifferences(kernel: Int, stride: Int) {
        let g = DepthwiseGeometry(batch: 2, height: 5, width: 4, channels: 3, kernel: kernel, stride: stride)
        let (input, weights) = (randomDoubles(g.inputCount, seed: 1), randomDoubles(g.weightCount, seed: 2))
        let upper = randomDoubles(g.outputCount, seed: 3)
        let gradients = Reference.depthwiseBackward(outputGradient: upper, input: input, weights: weights, geometry: g)
        expectClose(
            gradients.inputGradient,
            numericalGradient(input, upper: upper) { Reference.depthwiseForward(input: $0, weights: weights, geometry: g) },
            relative: 1e-7, "input")
        expectClose(
            gradients.weightGradient,
            numericalGradient(weights, upper: upper) { Reference.depthwiseForward(input: input, weights: $0, geometry: g) },
            relative: 1e-7, "weights")
    }
}
