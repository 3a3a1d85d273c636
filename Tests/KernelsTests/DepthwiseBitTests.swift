import Kernels
import Tensors
import TestSupport
import Testing

/// A depthwise convolution of random values at inference.
struct InferenceCase {
    let g: DepthwiseGeometry
    let input: Memory
    let weights: Memory
    let factors: Memory
    let bias: Memory

    init(_ g: DepthwiseGeometry) {
        self.g = g
        input = Memory(randomFloats(g.inputCount, seed: 1))
        weights = Memory(randomFloats(g.weightCount, seed: 2))
        factors = Memory(randomFloats(g.channels, seed: 3).map { $0 + 1.5 })
        bias = Memory(randomFloats(g.channels, seed: 4))
    }

    /// Of some of the samples.
    func run(_ samples: Range<Int>? = nil) -> (output: [Float], means: [Float]) {
        let samples = samples ?? 0..<g.batch
        let part = g.withBatch(samples.count)
        let (output, means) = (Memory(count: part.outputCount), Memory(count: part.batch * g.channels))
        let workspace = Memory(count: depthwiseWorkspaceCount(part))
        let size = g.inputCount / g.batch
        depthwiseInference(
            output: output.buffer, means: means.buffer,
            input: input.buffer.slice(samples.lowerBound * size, samples.count * size), weights: weights.buffer,
            factors: factors.buffer, bias: bias.buffer, geometry: part, workspace: workspace.buffer)
        withExtendedLifetime(workspace) {}
        return (output.array, means.array)
    }
}

extension DepthwiseGeometry {
    func withBatch(_ batch: Int) -> DepthwiseGeometry {
        DepthwiseGeometry(batch: batch, height: height, width: width, channels: channels, kernel: kernel, stride: stride)
    }
}

@Suite struct DepthwiseBitTests {
    private static let shapes = [
        (3, 13, 13, 33, 3, 1), (3, 13, 30, 16, 5, 2), (3, 7, 7, 144, 5, 1), (3, 2, 3, 7, 7, 1), (3, 12, 10, 24, 3, 2),
    ]

    private static func geometry(_ shape: (Int, Int, Int, Int, Int, Int)) -> DepthwiseGeometry {
        DepthwiseGeometry(batch: shape.0, height: shape.1, width: shape.2, channels: shape.3, kernel: shape.4, stride: shape.5)
    }

    /// SiLU(n), which the kernel itself gives with a kernel of a single one.
    private func activated(_ one: DepthwiseCase) -> [Float] {
        let g = one.g
        let copy = DepthwiseGeometry(
            batch: g.batch, height: g.height, width: g.width, channels: g.channels, kernel: 1, stride: 1)
        let (ones, output) = (Memory([Float](repeating: 1, count: g.channels)), Memory(count: g.inputCount))
        let moments = Memory(count: BlockMoments.count(channels: g.channels))
        let workspace = Memory(count: depthwiseWorkspaceCount(copy))
        depthwiseForward(
            output: output.buffer, moments: BlockMoments(moments.buffer, channels: g.channels), input: one.map,
            weights: ones.buffer, geometry: copy, workspace: workspace.buffer)
        withExtendedLifetime((ones, moments, workspace)) {}
        return output.array
    }

    /// One fused multiply-add after the other from zero, taps outside the map left out.
    @Test(arguments: shapes) func outputIsAChainOverTheTaps(_ shape: (Int, Int, Int, Int, Int, Int)) {
        let g = Self.geometry(shape)
        let one = DepthwiseCase(g)
        one.forward()
        let (input, weights) = (activated(one), one.weights.array)
        var expected = [Float](repeating: 0, count: g.outputCount)
        let width = (g.width - 1) / g.stride + 1
        let height = (g.height - 1) / g.stride + 1
        for place in expected.indices {
            let (c, x, y) = (place % g.channels, place / g.channels % width, place / g.channels / width % height)
            let sample = place / g.channels / width / height
            for tap in 0..<(g.kernel * g.kernel) {
                let row = y * g.stride + tap / g.kernel - g.kernel / 2
                let column = x * g.stride + tap % g.kernel - g.kernel / 2
                guard row >= 0, row < g.height, column >= 0, column < g.width else { continue }
                expected[place].addProduct(
                    input[((sample * g.height + row) * g.width + column) * g.channels + c], weights[tap * g.channels + c])
            }
        }
        #expect(one.output.array == expected)
    }

    @Test(arguments: shapes) func bitsDoNotDependOnTheBatch(_ shape: (Int, Int, Int, Int, Int, Int)) {
        let one = InferenceCase(Self.geometry(shape))
        let whole = one.run()
        let parts = [one.run(0..<1), one.run(1..<3)]
        #expect(whole.output == parts.flatMap(\.output))
        #expect(whole.means == parts.flatMap(\.means))
    }

    @Test(arguments: shapes) func gradientsAddWithTheBitsOfASum(_ shape: (Int, Int, Int, Int, Int, Int)) {
        let one = DepthwiseCase(Self.geometry(shape))
        one.forward()
        let apart = one.backward()
        let start = DepthwiseCase.Gradients(
            weights: randomFloats(one.g.weightCount, seed: 21), input: [], scale: randomFloats(one.g.channels, seed: 22),
            shift: randomFloats(one.g.channels, seed: 23))
        let added = one.backward(addingTo: start)
        func sums(_ start: [Float], _ apart: [Float]) -> [Float] { zip(start, apart).map { $0 + $1 } }
        #expect(added.weights == sums(start.weights, apart.weights))
        #expect(added.scale == sums(start.scale, apart.scale))
        #expect(added.shift == sums(start.shift, apart.shift))
        #expect(added.input == apart.input)
    }

    /// What a channel's NaN touches is that channel alone, and there it is seen.
    @Test(arguments: shapes) func nanStaysInItsChannel(_ shape: (Int, Int, Int, Int, Int, Int)) {
        let g = Self.geometry(shape)
        let (one, other) = (DepthwiseCase(g), DepthwiseCase(g))
        let channel = g.channels / 2
        other.input.buffer.pointer[g.inputCount / 2 / g.channels * g.channels + channel] = .nan
        let statistics = (one.forward(), other.forward())
        let gradients = (one.backward(), other.backward())
        expectSame(one.output.array, other.output.array, but: channel, of: g.channels)
        expectSame(statistics.0.mean, statistics.1.mean, but: channel, of: g.channels)
        expectSame(statistics.0.variance, statistics.1.variance, but: channel, of: g.channels)
        expectSame(gradients.0.weights, gradients.1.weights, but: channel, of: g.channels)
        expectSame(gradients.0.input, gradients.1.input, but: channel, of: g.channels)
        expectSame(gradients.0.scale, gradients.1.scale, but: channel, of: g.channels)
        expectSame(gradients.0.shift, gradients.1.shift, but: channel, of: g.channels)
        let inference = InferenceCase(g)
        let clean = inference.run()
        inference.input.buffer.pointer[channel] = .nan
        let stained = inference.run()
        expectSame(clean.output, stained.output, but: channel, of: g.channels)
        expectSame(clean.means, stained.means, but: channel, of: g.channels)
    }

    private func expectSame(
        _ clean: [Float], _ stained: [Float], but channel: Int, of channels: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let others = clean.indices.filter { $0 % channels != channel }
        #expect(others.allSatisfy { clean[$0] == stained[$0] }, sourceLocation: sourceLocation)
        let own = clean.indices.filter { $0 % channels == channel }
        #expect(own.contains { stained[$0].isNaN }, sourceLocation: sourceLocation)
    }

    /// Nothing of a workspace is read before it is written, and no more of it used than is asked for.
    @Test(arguments: shapes) func workspaceCountIsEnough(_ shape: (Int, Int, Int, Int, Int, Int)) {
        let g = Self.geometry(shape)
        let one = DepthwiseCase(g)
        let count = depthwiseWorkspaceCount(g)
        let guarded = Memory(count: count + 64)
        guarded.buffer.fill(123)
        let moments = Memory(count: BlockMoments.count(channels: g.channels))
        depthwiseForward(
            output: one.output.buffer, moments: BlockMoments(moments.buffer, channels: g.channels), input: one.map,
            weights: one.weights.buffer, geometry: g, workspace: guarded.buffer.slice(0, count))
        let (weightGradient, inputGradient) = (Memory(count: g.weightCount), Memory(count: g.inputCount))
        let (scale, shift) = (Memory(count: g.channels), Memory(count: g.channels))
        one.outputCoefficients.setIdentity()
        depthwiseBackward(
            weightGradient: weightGradient.buffer, adds: false, inputGradient: inputGradient.buffer,
            inputBatchNorm: BatchNormGradients(scale: scale.buffer, shift: shift.buffer, adds: false),
            outputGradient: NormalizedMapGradient(one.upper.buffer, of: NormalizedMap(one.output.buffer, one.outputCoefficients)),
            input: one.map, weights: one.weights.buffer, geometry: g, workspace: guarded.buffer.slice(0, count))
        withExtendedLifetime(moments) {}
        #expect(guarded.array[count...].allSatisfy { $0 == 123 })
        let gradients = weightGradient.array + inputGradient.array + scale.array + shift.array
        #expect(gradients.allSatisfy { $0.isFinite })
    }
}
