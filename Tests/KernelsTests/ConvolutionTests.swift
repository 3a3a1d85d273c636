import Kernels
import TestSupport
import Tensors
import Testing

/// One convolution in all three directions, fast and by reference.
private struct ConvolutionCase {
    let geometry: ConvolutionGeometry
    let input: [Float]
    let weights: [Float]
    let bias: [Float]
    let outputGradient: [Float]

    init(_ geometry: ConvolutionGeometry) {
        self.geometry = geometry
        input = randomFloats(geometry.inputCount, seed: 1)
        weights = randomFloats(geometry.weightCount, seed: 2)
        bias = randomFloats(geometry.outputChannels, seed: 3)
        outputGradient = randomFloats(geometry.outputCount, seed: 4)
    }

    func forward(bias withBias: Bool) -> [Float] {
        let (output, input, weights, bias) = (Memory(count: geometry.outputCount), Memory(input), Memory(weights), Memory(bias))
        let workspace = Memory(count: convolutionWorkspaceCount(geometry))
        withExtendedLifetime((input, weights, bias, workspace)) {
            convolutionForward(
                output: output.buffer, input: input.buffer, weights: weights.buffer, bias: withBias ? bias.buffer : nil,
                geometry: geometry, workspace: workspace.buffer)
        }
        return output.array
    }

    func inputGradient() -> [Float] {
        let (gradient, upper, weights) = (Memory(count: geometry.inputCount), Memory(outputGradient), Memory(weights))
        let workspace = Memory(count: convolutionWorkspaceCount(geometry))
        withExtendedLifetime((upper, weights, workspace)) {
            convolutionInputGradient(
                inputGradient: gradient.buffer, outputGradient: upper.buffer, weights: weights.buffer, geometry: geometry,
                workspace: workspace.buffer)
        }
        return gradient.array
    }

    func weightGradient() -> (weights: [Float], bias: [Float]) {
        let (gradient, upper, input) = (Memory(count: geometry.weightCount), Memory(outputGradient), Memory(input))
        let (bias, workspace) = (Memory(count: geometry.outputChannels), Memory(count: convolutionWorkspaceCount(geometry)))
        withExtendedLifetime((upper, input, workspace)) {
            convolutionWeightGradient(
                weightGradient: gradient.buffer, biasGradient: bias.buffer, outputGradient: upper.buffer, input: input.buffer,
                geometry: geometry, workspace: workspace.buffer)
        }
        return (gradient.array, bias.array)
    }
}

/// Sums of n products of values in [-1, 1) have a size of about √n / 3, and their Float error grows like √n · 2⁻²⁴ times
/// that size at worst in blocked sums; the largest element of a tensor is above the typical one. So the error relative to
/// the largest element stays near √n · 2⁻²⁴; four times that leaves room for unlucky roundings and none for a wrong term.
private func tolerance(terms: Int) -> Double { 4 * Double(max(terms, 4)).squareRoot() * 0x1p-24 }

@Suite struct ConvolutionTests {
    init() { configureBLAS() }

    @Test(arguments: [1, 3, 5], [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)])
    func agreesWithReference(kernel: Int, step: (stride: Int, padding: Int)) {
        for (channels, filters) in [(1, 16), (3, 17), (16, 33), (17, 1), (33, 3), (16, 16)] {
            check(
                ConvolutionGeometry(
                    batch: 3, inputHeight: 7, inputWidth: 9, inputChannels: channels, outputChannels: filters,
                    kernelHeight: kernel, kernelWidth: kernel, stride: step.stride, padding: step.padding))
        }
    }

    /// Maps of 16 and more outputs in a row and multiples of 16 filters go through the direct kernels.
    @Test(arguments: [1, 3, 5], [(1, 0), (1, 1), (2, 2)])
    func agreesOnWideMaps(kernel: Int, step: (stride: Int, padding: Int)) {
        for (channels, filters) in [(1, 32), (3, 16), (16, 16), (17, 16), (32, 16), (16, 64), (64, 32)] {
            let width = 16 * step.stride + kernel - 1 - 2 * step.padding
            check(
                ConvolutionGeometry(
                    batch: 2, inputHeight: 5, inputWidth: width, inputChannels: channels, outputChannels: filters,
                    kernelHeight: kernel, kernelWidth: kernel, stride: step.stride, padding: step.padding))
        }
    }

    /// Maps as small as the kernel or smaller, kernels that are not square, many blocks of rows, and VGG's own shapes.
    @Test(arguments: [
        ConvolutionGeometry(batch: 25, inputHeight: 2, inputWidth: 2, inputChannels: 32, outputChannels: 48),
        ConvolutionGeometry(batch: 7, inputHeight: 1, inputWidth: 1, inputChannels: 16, outputChannels: 16),
        ConvolutionGeometry(batch: 5, inputHeight: 4, inputWidth: 4, inputChannels: 64, outputChannels: 32),
        ConvolutionGeometry(batch: 2, inputHeight: 8, inputWidth: 8, inputChannels: 48, outputChannels: 80),
        ConvolutionGeometry(batch: 2, inputHeight: 16, inputWidth: 16, inputChannels: 16, outputChannels: 32),
        ConvolutionGeometry(batch: 4, inputHeight: 32, inputWidth: 32, inputChannels: 16, outputChannels: 16),
        ConvolutionGeometry(batch: 2, inputHeight: 32, inputWidth: 32, inputChannels: 1, outputChannels: 16),
        ConvolutionGeometry(
            batch: 2, inputHeight: 5, inputWidth: 11, inputChannels: 5, outputChannels: 7, kernelHeight: 3, kernelWidth: 1,
            stride: 1, padding: 1),
        ConvolutionGeometry(
            batch: 2, inputHeight: 6, inputWidth: 6, inputChannels: 4, outputChannels: 20, kernelHeight: 1, kernelWidth: 4,
            stride: 3, padding: 2),
    ])
    func agreesOnShapesOfTheirOwn(_ g: ConvolutionGeometry) { check(g) }

    private func check(_ g: ConvolutionGeometry) {
        let one = ConvolutionCase(g)
        let (input, weights) = (one.input.map(Double.init), one.weights.map(Double.init))
        let upper = one.outputGradient.map(Double.init)
        for withBias in [false, true] {
            expectClose(
                one.forward(bias: withBias),
                Reference.convolutionForward(
                    input: input, weights: weights, bias: withBias ? one.bias.map(Double.init) : nil, geometry: g),
                relative: tolerance(terms: g.patchCount), "\(g) forward")
        }
        expectClose(
            one.inputGradient(), Reference.convolutionInputGradient(outputGradient: upper, weights: weights, geometry: g),
            relative: tolerance(terms: g.kernelHeight * g.kernelWidth * g.outputChannels), "\(g) input gradient")
        let gradients = one.weightGradient()
        let expected = Reference.convolutionWeightGradient(outputGradient: upper, input: input, geometry: g)
        expectClose(gradients.weights, expected.weightGradient, relative: tolerance(terms: g.outputRows), "\(g) weight gradient")
        expectClose(gradients.bias, expected.biasGradient, relative: tolerance(terms: g.outputRows), "\(g) bias gradient")
    }

    @Test func givesTheSameBitsTwice() {
        let one = ConvolutionCase(
            ConvolutionGeometry(batch: 5, inputHeight: 16, inputWidth: 16, inputChannels: 16, outputChannels: 24))
        #expect(one.forward(bias: true) == one.forward(bias: true))
        #expect(one.inputGradient() == one.inputGradient())
        #expect(one.weightGradient().weights == one.weightGradient().weights)
    }
}
