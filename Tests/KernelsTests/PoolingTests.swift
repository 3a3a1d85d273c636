import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct PoolingTests {
    private func forward(_ input: [Float], _ g: PoolGeometry) -> [Float] {
        let (source, output) = (Memory(input), Memory(count: g.outputCount))
        maxPoolForward(output: output.buffer, input: source.buffer, geometry: g)
        withExtendedLifetime(source) {}
        return output.array
    }

    private func backward(_ upper: [Float], _ input: [Float], _ g: PoolGeometry) -> [Float] {
        let (gradient, upper, source) = (Memory(count: g.inputCount), Memory(upper), Memory(input))
        let output = Memory(forward(input, g))
        maxPoolBackward(
            inputGradient: gradient.buffer, outputGradient: upper.buffer, input: source.buffer, output: output.buffer,
            geometry: g)
        withExtendedLifetime((upper, source, output)) {}
        return gradient.array
    }

    @Test(arguments: [1, 3, 16, 17, 33], [(2, 2), (3, 2), (2, 1), (2, 3), (3, 3)])
    func maximumAgreesWithReference(channels: Int, window: (size: Int, stride: Int)) {
        let g = PoolGeometry(batch: 2, height: 7, width: 6, channels: channels, window: window.size, stride: window.stride)
        // Few distinct values, so that windows hold ties.
        let input = randomFloats(g.inputCount, seed: 1).map { ($0 * 3).rounded() }
        let upper = randomFloats(g.outputCount, seed: 2)
        #expect(forward(input, g) == Reference.maxPoolForward(input: input, geometry: g))
        // Overlapping windows add in the same order here and there, so even the sums are equal.
        #expect(backward(upper, input, g) == Reference.maxPoolBackward(outputGradient: upper, input: input, geometry: g))
    }

    @Test func ofEqualMaximaTheFirstTakesTheGradient() {
        let g = PoolGeometry(batch: 1, height: 2, width: 2, channels: 1)
        #expect(backward([5], [0, 7, 7, 7], g) == [0, 5, 0, 0])
        #expect(backward([5], [1, 1, 1, 1], g) == [5, 0, 0, 0])
        #expect(backward([5], [1, 1, 2, 2], g) == [0, 0, 5, 0])
    }

    @Test func rowsAndColumnsOutsideEveryWindowGetZero() {
        let g = PoolGeometry(batch: 1, height: 3, width: 3, channels: 1)
        #expect(forward([1, 2, 9, 3, 4, 9, 9, 9, 9], g) == [4])
        #expect(backward([5], [1, 2, 9, 3, 4, 9, 9, 9, 9], g) == [0, 0, 0, 0, 5, 0, 0, 0, 0])
    }

    @Test func aMaximumOfNaNIsNaN() {
        let g = PoolGeometry(batch: 1, height: 2, width: 2, channels: 1)
        for place in 0..<4 {
            var input: [Float] = [1, 2, 3, 4]
            input[place] = .nan
            #expect(forward(input, g)[0].isNaN)
        }
    }

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
