import Kernels
import Tensors
import TestSupport
import Testing

/// Batch norm, ReLU and max-pool behind a convolution's output, fast and by reference.
private struct BlockCase {
    let shape: BlockShape
    let convolved: Memory
    let upper: Memory
    let scale: Memory
    let shift: Memory
    private let coefficientMemory: Memory
    private let momentMemory: Memory
    let epsilon: Float = 1e-5

    init(_ shape: BlockShape, offset: Float = 0) {
        self.shape = shape
        convolved = Memory(randomFloats(shape.convolvedCount, seed: 1).map { $0 + offset })
        upper = Memory(randomFloats(shape.outputCount, seed: 2))
        scale = Memory(randomFloats(shape.channels, seed: 3).map { $0 + 1.5 })
        shift = Memory(randomFloats(shape.channels, seed: 4))
        coefficientMemory = Memory(count: ChannelCoefficients.count(channels: shape.channels))
        momentMemory = Memory(count: BlockMoments.count(channels: shape.channels))
    }

    var coefficients: ChannelCoefficients { ChannelCoefficients(coefficientMemory.buffer, channels: shape.channels) }

    struct Statistics {
        let mean: [Float]
        let variance: [Float]
    }

    /// Statistics by way of a convolution that changes nothing: 1×1, of one weight a channel.
    func measure() -> Statistics {
        let g = ConvolutionGeometry(
            batch: shape.batch, inputHeight: shape.height, inputWidth: shape.width, inputChannels: shape.channels,
            outputChannels: shape.channels, kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0)
        let identity = (0..<g.weightCount).map { Float($0 / shape.channels == $0 % shape.channels ? 1 : 0) }
        let (weights, output) = (Memory(identity), Memory(count: g.outputCount))
        let plan = ConvolutionPlan(g)
        let workspace = Memory(count: plan.forwardWorkspaceCount)
        let moments = BlockMoments(momentMemory.buffer, channels: shape.channels)
        plan.forward(
            output: output.buffer, moments: moments, input: convolved.buffer, weights: weights.buffer, bias: nil, workspace: workspace.buffer)
        let (mean, variance) = (Memory(count: shape.channels), Memory(count: shape.channels))
        finishBatchStatistics(
            moments, coefficients: coefficients, batchMean: mean.buffer, batchVariance: variance.buffer, scale: scale.buffer,
            shift: shift.buffer, rows: shape.rows, epsilon: epsilon)
        withExtendedLifetime((weights, output, workspace)) {}
        return Statistics(mean: mean.array, variance: variance.array)
    }

    func forward() -> [Float] {
        let output = Memory(count: shape.outputCount)
        normalizeBlock(output: output.buffer, convolved: convolved.buffer, coefficients: coefficients, shape: shape)
        return output.array
    }

    /// The gradients of scale, shift and the convolution's output; the last by way of a convolution of one weight a channel.
    func backward() -> (scale: [Float], shift: [Float], convolved: [Float]) {
        let (scaleGradient, shiftGradient) = (Memory(count: shape.channels), Memory(count: shape.channels))
        finishBatchGradients(
            coefficients: coefficients, scaleGradient: scaleGradient.buffer, shiftGradient: shiftGradient.buffer, adds: false,
            outputGradient: upper.buffer, convolved: convolved.buffer, shape: shape)
        let g = ConvolutionGeometry(
            batch: shape.batch, inputHeight: shape.height, inputWidth: shape.width, inputChannels: shape.channels,
            outputChannels: shape.channels, kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0)
        let identity = Memory((0..<g.weightCount).map { Float($0 / shape.channels == $0 % shape.channels ? 1 : 0) })
        let plan = ConvolutionPlan(g)
        let (gradient, weightGradient) = (Memory(count: g.inputCount), Memory(count: g.weightCount))
        let workspace = Memory(count: plan.backwardWorkspaceCount)
        plan.backward(
            weightGradient: weightGradient.buffer, inputGradient: gradient.buffer, outputGradient: upper.buffer, convolved: convolved.buffer,
            coefficients: coefficients, shape: shape, input: convolved.buffer, weights: identity.buffer, workspace: workspace.buffer)
        withExtendedLifetime((identity, weightGradient, workspace)) {}
        return (scaleGradient.array, shiftGradient.array, gradient.array)
    }

    var pool: PoolGeometry {
        PoolGeometry(batch: shape.batch, height: shape.height, width: shape.width, channels: shape.channels)
    }

    func reference() -> Reference.BatchNormResult<Double> {
        Reference.batchNormForwardTraining(
            input: convolved.doubles, scale: scale.doubles, shift: shift.doubles, rows: shape.rows, channels: shape.channels,
            epsilon: Double(epsilon), relu: true)
    }
}

@Suite struct BlockTests {
    init() { configureBLAS() }

    /// Every step rounds once and sums are made of short runs, so a handful of roundings (2⁻²⁴ = 6e-8 each) is all.
    private let tolerance = 1e-6

    @Test(arguments: [1, 3, 16, 17, 33, 64], [false, true])
    func agreesWithReference(channels: Int, pooled: Bool) {
        for (batch, height, width) in [(1, 2, 2), (3, 4, 6), (5, 8, 8), (2, 16, 34)] {
            let one = BlockCase(BlockShape(batch: batch, height: height, width: width, channels: channels, pooled: pooled))
            let (statistics, reference) = (one.measure(), one.reference())
            expectClose(statistics.mean, reference.mean, relative: tolerance, "mean")
            expectClose(statistics.variance, reference.unbiasedVariance, relative: tolerance, "variance")
            let output = pooled ? Reference.maxPoolForward(input: reference.output, geometry: one.pool) : reference.output
            expectClose(one.forward(), output, relative: tolerance, "output of \(one.shape)")
            let upper = pooled
                ? Reference.maxPoolBackward(outputGradient: one.upper.doubles, input: reference.output, geometry: one.pool) : one.upper.doubles
            let expected = Reference.batchNormBackward(
                outputGradient: upper, input: one.convolved.doubles, output: reference.output, scale: one.scale.doubles,
                savedMean: reference.mean, savedInverseDeviation: reference.inverseDeviation, rows: one.shape.rows, channels: channels,
                relu: true)
            let gradients = one.backward()
            // A single channel's sum may cancel: its error is counted against the √rows that a sum usually has.
            let usual = [Double(one.shape.rows).squareRoot()]
            expectClose(gradients.scale.map(Double.init) + usual, expected.scaleGradient + usual, relative: tolerance, "scale gradient")
            expectClose(gradients.shift.map(Double.init) + usual, expected.shiftGradient + usual, relative: tolerance, "shift gradient")
            expectClose(gradients.convolved, expected.inputGradient, relative: 2 * tolerance, "gradient of \(one.shape)")
        }
    }

    /// The way back of a whole block by tiles: what its transform makes on the way of the gradient behind batch norm, ReLU and max-pool is
    /// what the same convolution makes of that gradient as a map.
    @Test(arguments: [(ConvolutionPlan.Scheme.winograd43, 8, true), (.winograd43, 8, false), (.winograd43, 6, true), (.winograd43, 7, false),
        (.wholeMap2, 2, true), (.wholeMap2, 2, false), (.direct, 8, true), (.direct, 5, false)])
    func fusedGradientIsThatOfTheMap(scheme: ConvolutionPlan.Scheme, size: Int, pooled: Bool) {
        let (batch, inputs, filters) = (3, 32, 48)
        let one = BlockCase(BlockShape(batch: batch, height: size, width: size, channels: filters, pooled: pooled))
        _ = one.measure()
        let map = Memory(one.backward().convolved)
        let g = ConvolutionGeometry(batch: batch, inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: filters)
        let plan = ConvolutionPlan(g, scheme: scheme)
        let (input, weights) = (Memory(randomFloats(g.inputCount, seed: 7)), Memory(randomFloats(g.weightCount, seed: 8)))
        let workspace = Memory(count: plan.backwardWorkspaceCount)
        func gradients(_ run: (_ weights: FloatBuffer, _ input: FloatBuffer) -> Void) -> [[Float]] {
            let (weightGradient, inputGradient) = (Memory(count: g.weightCount), Memory(count: g.inputCount))
            run(weightGradient.buffer, inputGradient.buffer)
            return [weightGradient.array, inputGradient.array]
        }
        let fused = gradients { weightGradient, inputGradient in
            plan.backward(
                weightGradient: weightGradient, inputGradient: inputGradient, outputGradient: one.upper.buffer, convolved: one.convolved.buffer,
                coefficients: one.coefficients, shape: one.shape, input: input.buffer, weights: weights.buffer, workspace: workspace.buffer)
        }
        let apart = gradients { weightGradient, inputGradient in
            plan.backward(
                weightGradient: weightGradient, inputGradient: inputGradient, outputGradient: map.buffer, input: input.buffer,
                weights: weights.buffer, workspace: workspace.buffer)
        }
        withExtendedLifetime((input, weights, workspace, map)) {}
        // The map came through a product with one: exact. So these are the same sums of the same values.
        #expect(fused == apart)
    }

    @Test(arguments: [(ConvolutionPlan.Scheme.winograd43, 8, 32, 48, false), (.winograd43, 8, 32, 48, true), (.winograd43, 7, 16, 16, false),
        (.winograd43, 6, 16, 32, true), (.wholeMap2, 2, 32, 48, false), (.wholeMap2, 2, 32, 48, true), (.direct, 8, 3, 17, false),
        (.direct, 16, 3, 16, true)])
    func inferenceAgreesWithReference(scheme: ConvolutionPlan.Scheme, size: Int, inputs: Int, filters: Int, pooled: Bool) {
        let g = ConvolutionGeometry(batch: 3, inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: filters)
        let plan = ConvolutionPlan(g, scheme: scheme)
        let (input, weights) = (Memory(randomFloats(g.inputCount, seed: 1)), Memory(randomFloats(g.weightCount, seed: 2)))
        let (factors, bias) = (Memory(randomFloats(filters, seed: 3)), Memory(randomFloats(filters, seed: 4)))
        let output = Memory(count: pooled ? g.outputCount / 4 : g.outputCount)
        let workspace = Memory(count: plan.inferenceWorkspaceCount(pooled: pooled))
        plan.inference(
            output: output.buffer, input: input.buffer, weights: weights.buffer, factors: factors.buffer, bias: bias.buffer, pooled: pooled,
            workspace: workspace.buffer)
        withExtendedLifetime(workspace) {}
        var expected = Reference.convolutionForward(input: input.doubles, weights: weights.doubles, bias: nil, geometry: g)
        for index in expected.indices {
            expected[index] = max(0, expected[index] * factors.doubles[index % filters] + bias.doubles[index % filters])
        }
        if pooled {
            expected = Reference.maxPoolForward(
                input: expected, geometry: PoolGeometry(batch: 3, height: size, width: size, channels: filters))
        }
        expectClose(output.array, expected, relative: 8 * Double(g.patchCount).squareRoot() * 0x1p-24)
    }

    /// With a mean 1000 times the deviation a sum of squares would keep no digit of the variance. By tiles and by rows alike.
    @Test func keepsTheVarianceUnderALargeMean() {
        let one = BlockCase(BlockShape(batch: 5, height: 32, width: 32, channels: 17, pooled: false), offset: 1000)
        let (statistics, reference) = (one.measure(), one.reference())
        expectClose(statistics.variance, reference.unbiasedVariance, relative: 1e-5)
        expectClose(statistics.mean, reference.mean, relative: 1e-7)
        let g = ConvolutionGeometry(batch: 4, inputHeight: 16, inputWidth: 16, inputChannels: 16, outputChannels: 16)
        let plan = ConvolutionPlan(g, scheme: .winograd43)
        let (input, weights) = (Memory(randomFloats(g.inputCount, seed: 5)), Memory(randomFloats(g.weightCount, seed: 6)))
        let (bias, output) = (Memory([Float](repeating: 1000, count: 16)), Memory(count: g.outputCount))
        let (momentMemory, coefficientMemory) = (Memory(count: BlockMoments.count(channels: 16)), Memory(count: ChannelCoefficients.count(channels: 16)))
        let (moments, workspace) = (BlockMoments(momentMemory.buffer, channels: 16), Memory(count: plan.forwardWorkspaceCount))
        plan.forward(
            output: output.buffer, moments: moments, input: input.buffer, weights: weights.buffer, bias: bias.buffer, workspace: workspace.buffer)
        let (mean, variance, ones) = (Memory(count: 16), Memory(count: 16), Memory([Float](repeating: 1, count: 16)))
        finishBatchStatistics(
            moments, coefficients: ChannelCoefficients(coefficientMemory.buffer, channels: 16), batchMean: mean.buffer,
            batchVariance: variance.buffer, scale: ones.buffer, shift: ones.buffer, rows: g.outputRows, epsilon: 1e-5)
        withExtendedLifetime((input, weights, bias, workspace, momentMemory, coefficientMemory, ones)) {}
        let expected = Reference.batchNormForwardTraining(
            input: output.doubles, scale: ones.doubles, shift: ones.doubles, rows: g.outputRows, channels: 16, epsilon: 1e-5, relu: false)
        expectClose(variance.array, expected.unbiasedVariance, relative: 1e-5)
        expectClose(mean.array, expected.mean, relative: 1e-7)
    }

    /// The values 1, 2, 3, 6: mean 3, biased variance 3.5, unbiased 14 / 3.
    @Test func normalisesByTheBiasedVarianceAndReportsTheUnbiased() {
        let one = BlockCase(BlockShape(batch: 1, height: 2, width: 2, channels: 1, pooled: false))
        one.convolved.buffer.copy(from: [1, 2, 3, 6])
        one.scale.buffer.copy(from: [2])
        one.shift.buffer.copy(from: [0.5])
        let statistics = one.measure()
        #expect(statistics.mean == [3])
        expectClose(statistics.variance, [14.0 / 3], relative: 1e-7)
        let deviation = (3.5 + 1e-5).squareRoot()
        let expected: [Double] = [1.0, 2, 3, 6].map { value in max(0, (value - 3) / deviation * 2 + 0.5) }
        expectClose(one.forward(), expected, relative: 2e-7)
    }

    @Test func aSingleRowHasNoVariance() {
        let one = BlockCase(BlockShape(batch: 1, height: 1, width: 1, channels: 3, pooled: false))
        #expect(one.measure().variance == [0, 0, 0])
        expectClose(one.forward(), one.shift.array.map { max(0, $0) }, relative: 0)
    }

    @Test func ofEqualMaximaTheFirstTakesTheGradient() {
        for (values, winner) in [([0, 7, 7, 7], 1), ([1, 1, 1, 1], 0), ([1, 1, 2, 2], 2), ([1, 2, 3, 4], 3)] as [([Float], Int)] {
            var expected: [Float] = [0, 0, 0, 0]
            expected[winner] = 5
            #expect(gradient(values) == expected)
        }
        // Nothing passes a ReLU that was off.
        #expect(gradient([-1, -2, -3, -4]) == [0, 0, 0, 0])
    }

    /// What a gradient of 5 behind ReLU and max-pool becomes, without batch norm.
    private func gradient(_ values: [Float]) -> [Float] {
        let one = BlockCase(BlockShape(batch: 1, height: 2, width: 2, channels: 1, pooled: true))
        one.convolved.buffer.copy(from: values)
        one.upper.buffer.copy(from: [5])
        one.coefficients.setIdentity()
        let biasGradient = Memory(count: 1)
        finishBiasGradient(
            coefficients: one.coefficients, biasGradient: biasGradient.buffer, adds: false, outputGradient: one.upper.buffer,
            convolved: one.convolved.buffer, shape: one.shape)
        let g = ConvolutionGeometry(
            batch: 1, inputHeight: 2, inputWidth: 2, inputChannels: 1, outputChannels: 1, kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0)
        let plan = ConvolutionPlan(g)
        let (weights, weightGradient, map) = (Memory([1]), Memory(count: 1), Memory(count: 4))
        let workspace = Memory(count: plan.backwardWorkspaceCount)
        plan.backward(
            weightGradient: weightGradient.buffer, inputGradient: map.buffer, outputGradient: one.upper.buffer, convolved: one.convolved.buffer,
            coefficients: one.coefficients, shape: one.shape, input: one.convolved.buffer, weights: weights.buffer, workspace: workspace.buffer)
        withExtendedLifetime((weights, workspace)) {}
        let sum: Float = map.array.reduce(0, +)
        #expect(biasGradient.array == [sum])
        return map.array
    }

    @Test func aMaximumOfNaNIsNaN() {
        for place in 0..<4 {
            let one = BlockCase(BlockShape(batch: 1, height: 2, width: 2, channels: 1, pooled: true))
            var values: [Float] = [1, 2, 3, 4]
            values[place] = .nan
            one.convolved.buffer.copy(from: values)
            one.coefficients.setIdentity()
            #expect(one.forward()[0].isNaN)
        }
    }

    @Test func vectorsAddWithTheBitsOfASum() {
        let one = BlockCase(BlockShape(batch: 2, height: 4, width: 4, channels: 20, pooled: true))
        _ = one.measure()
        let start = randomFloats(20, seed: 11)
        func gradients(adds: Bool) -> [[Float]] {
            _ = one.measure()
            let (scale, shift) = (Memory(start), Memory(start))
            finishBatchGradients(
                coefficients: one.coefficients, scaleGradient: scale.buffer, shiftGradient: shift.buffer, adds: adds,
                outputGradient: one.upper.buffer, convolved: one.convolved.buffer, shape: one.shape)
            return [scale.array, shift.array]
        }
        let (apart, added) = (gradients(adds: false), gradients(adds: true))
        for (apart, added) in zip(apart, added) {
            let sums: [Float] = zip(start, apart).map { $0 + $1 }
            #expect(added == sums)
        }
    }
}
