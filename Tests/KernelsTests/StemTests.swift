import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct StemTests {
    static let geometries = [(2, 9, 14, 3, 32), (1, 32, 32, 3, 24), (3, 5, 4, 1, 7), (1, 3, 3, 30, 16)].map {
        ConvolutionGeometry(
            batch: $0.0, inputHeight: $0.1, inputWidth: $0.2, inputChannels: $0.3, outputChannels: $0.4, kernelHeight: 3,
            kernelWidth: 3,
            stride: 2, padding: 1)
    }

    @Test(arguments: geometries)
    func agreesWithReference(g: ConvolutionGeometry) {
        let (input, weights) = (Memory(randomFloats(g.inputCount, seed: 1)), Memory(randomFloats(g.weightCount, seed: 2)))
        let (output, workspace) = (Memory(count: g.outputCount), Memory(count: stemWorkspaceCount(g)))
        let moments = MomentMemory(channels: g.outputChannels)
        stemForward(
            output: output.buffer, moments: moments.moments, input: input.buffer, weights: weights.buffer, geometry: g,
            workspace: workspace.buffer)
        let expected = Reference.convolutionForward(input: input.doubles, weights: weights.doubles, bias: nil, geometry: g)
        expectClose(output.array, expected, relative: sumTolerance(g.patchCount), "output")

        let (factors, bias) = (Memory(randomFloats(g.outputChannels, seed: 3)), Memory(randomFloats(g.outputChannels, seed: 4)))
        let activated = Memory(count: g.outputCount)
        stemInference(
            output: activated.buffer, input: input.buffer, weights: weights.buffer, factors: factors.buffer, bias: bias.buffer,
            geometry: g,
            workspace: workspace.buffer)
        expectClose(
            activated.array,
            expected.indices.map {
                Reference.silu(expected[$0] * factors.doubles[$0 % g.outputChannels] + bias.doubles[$0 % g.outputChannels])
            }, relative: sumTolerance(g.patchCount), "inference")

        let normalized = NormalizedCase(output, channels: g.outputChannels, seed: 20, moments: moments.moments)
        let upper = Memory(randomFloats(g.outputCount, seed: 5))
        let gradient = normalized.gradient(upper)
        let reference = Reference.convolutionWeightGradient(
            outputGradient: normalized.referenceBackward(upper.doubles, output.doubles).inputGradient, input: input.doubles,
            geometry: g
        ).weightGradient
        // What stood there is overwritten.
        let weightGradient = Memory(randomFloats(g.weightCount, seed: 6))
        stemBackward(
            weightGradient: weightGradient.buffer, outputGradient: gradient, input: input.buffer, geometry: g,
            workspace: workspace.buffer)
        expectClose(weightGradient.array, reference, relative: 2 * sumTolerance(g.outputRows), "weights")
        withExtendedLifetime((weights, factors, bias, workspace, moments, normalized, upper)) {}
    }
}
