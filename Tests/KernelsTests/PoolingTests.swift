import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct PoolingTests {
    @Test(arguments: [1, 16, 33], [(7, 7, 7, 7), (8, 8, 1, 1), (7, 5, 3, 2), (1, 1, 7, 7), (2, 3, 5, 2)])
    func adaptiveAverageAgreesWithReference(channels: Int, sizes: (height: Int, width: Int, rows: Int, columns: Int)) {
        let g = AdaptivePoolGeometry(
            batch: 2, inputHeight: sizes.height, inputWidth: sizes.width, outputHeight: sizes.rows,
            outputWidth: sizes.columns, channels: channels)
        let (input, output) = (Memory(randomFloats(g.inputCount, seed: 1)), Memory(count: g.outputCount))
        averagePoolForward(output: output.buffer, input: input.buffer, geometry: g)
        // Means of at most 64 values: half a dozen roundings of partial sums no larger than 64 times the mean's scale.
        expectClose(output.array, Reference.averagePoolForward(input: input.doubles, geometry: g), relative: 2e-6)
        let (upper, gradient) = (Memory(randomFloats(g.outputCount, seed: 2)), Memory(count: g.inputCount))
        averagePoolBackward(inputGradient: gradient.buffer, outputGradient: upper.buffer, geometry: g)
        expectClose(
            gradient.array, Reference.averagePoolBackward(outputGradient: upper.doubles, geometry: g), relative: 1e-6)
    }

    /// PyTorch: AdaptiveAvgPool2d((1, 2)) of the row 1, 2, 3 gives 1.5 and 2.5, for its windows overlap.
    @Test func adaptiveWindowsOverlapAsInPyTorch() {
        let g = AdaptivePoolGeometry(batch: 1, inputHeight: 1, inputWidth: 3, outputHeight: 1, outputWidth: 2, channels: 1)
        let (input, output) = (Memory([1, 2, 3]), Memory(count: 2))
        averagePoolForward(output: output.buffer, input: input.buffer, geometry: g)
        withExtendedLifetime(input) {}
        #expect(output.array == [1.5, 2.5])
    }
}
