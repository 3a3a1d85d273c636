import Kernels
import TestSupport
import Tensors
import Testing

/// One batch normalisation, fast and by reference.
private struct BatchNormCase {
    let rows: Int
    let channels: Int
    let relu: Bool
    let input: Memory
    let upper: Memory
    let scale: Memory
    let shift: Memory
    let epsilon: Float = 1e-5

    init(rows: Int, channels: Int, relu: Bool, offset: Float = 0) {
        (self.rows, self.channels, self.relu) = (rows, channels, relu)
        input = Memory(randomFloats(rows * channels, seed: 1).map { $0 + offset })
        upper = Memory(randomFloats(rows * channels, seed: 2))
        scale = Memory(randomFloats(channels, seed: 3).map { $0 + 1.5 })
        shift = Memory(randomFloats(channels, seed: 4))
    }

    struct Fast {
        let output: Memory
        let mean: Memory
        let variance: Memory
        let inverse: Memory
    }

    func fast() -> Fast {
        let result = Fast(
            output: Memory(count: rows * channels), mean: Memory(count: channels), variance: Memory(count: channels),
            inverse: Memory(count: channels))
        batchNormForwardTraining(
            output: result.output.buffer, input: input.buffer, scale: scale.buffer, shift: shift.buffer,
            batchMean: result.mean.buffer, batchVariance: result.variance.buffer,
            savedInverseDeviation: result.inverse.buffer, rows: rows, channels: channels, epsilon: epsilon, relu: relu)
        return result
    }

    func reference() -> Reference.BatchNormResult<Double> {
        Reference.batchNormForwardTraining(
            input: input.doubles, scale: scale.doubles, shift: shift.doubles, rows: rows, channels: channels,
            epsilon: Double(epsilon), relu: relu)
    }
}

@Suite struct BatchNormTests {
    /// Every step rounds once and sums are made of short runs, so a handful of roundings (2⁻²⁴ = 6e-8 each) is all.
    private let tolerance = 1e-6

    @Test(arguments: [1, 3, 16, 17, 33, 64], [false, true])
    func agreesWithReference(channels: Int, relu: Bool) {
        for rows in [5, 64, 65, 1000] {
            let one = BatchNormCase(rows: rows, channels: channels, relu: relu)
            let (fast, reference) = (one.fast(), one.reference())
            expectClose(fast.output.array, reference.output, relative: tolerance, "output, \(rows) rows")
            expectClose(fast.mean.array, reference.mean, relative: tolerance, "mean, \(rows) rows")
            expectClose(fast.variance.array, reference.unbiasedVariance, relative: tolerance, "variance, \(rows) rows")
            expectClose(fast.inverse.array, reference.inverseDeviation, relative: tolerance, "deviation, \(rows) rows")
            // The backward pass takes the fast forward's results, so that both see the same mask.
            let (gradient, scaleGradient, shiftGradient) =
                (Memory(count: rows * channels), Memory(count: channels), Memory(count: channels))
            batchNormBackward(
                inputGradient: gradient.buffer, scaleGradient: scaleGradient.buffer, shiftGradient: shiftGradient.buffer,
                outputGradient: one.upper.buffer, input: one.input.buffer, output: fast.output.buffer,
                scale: one.scale.buffer, savedMean: fast.mean.buffer, savedInverseDeviation: fast.inverse.buffer,
                rows: rows, channels: channels, relu: relu)
            let expected = Reference.batchNormBackward(
                outputGradient: one.upper.doubles, input: one.input.doubles, output: fast.output.doubles,
                scale: one.scale.doubles, savedMean: fast.mean.doubles, savedInverseDeviation: fast.inverse.doubles,
                rows: rows, channels: channels, relu: relu)
            expectClose(gradient.array, expected.inputGradient, relative: tolerance, "input gradient, \(rows) rows")
            // A single channel's sum may cancel: its error is counted against the √rows that a sum usually has.
            let usual = [Double(rows).squareRoot()]
            expectClose(
                scaleGradient.doubles + usual, expected.scaleGradient + usual, relative: tolerance, "scale gradient, \(rows) rows")
            expectClose(
                shiftGradient.doubles + usual, expected.shiftGradient + usual, relative: tolerance, "shift gradient, \(rows) rows")
        }
    }

    /// With a mean 1000 times the deviation a sum of squares would keep no digit of the variance.
    @Test func keepsTheVarianceUnderALargeMean() {
        let one = BatchNormCase(rows: 5000, channels: 17, relu: false, offset: 1000)
        let (fast, reference) = (one.fast(), one.reference())
        expectClose(fast.variance.array, reference.unbiasedVariance, relative: 1e-5)
        expectClose(fast.mean.array, reference.mean, relative: 1e-7)
    }

    /// The values 1, 2, 3, 6: mean 3, biased variance 3.5, unbiased 14 / 3.
    @Test func normalisesByTheBiasedVarianceAndReportsTheUnbiased() {
        let (input, output) = (Memory([1, 2, 3, 6]), Memory(count: 4))
        let (scale, shift) = (Memory([2]), Memory([0.5]))
        let (mean, variance, inverse) = (Memory(count: 1), Memory(count: 1), Memory(count: 1))
        batchNormForwardTraining(
            output: output.buffer, input: input.buffer, scale: scale.buffer, shift: shift.buffer, batchMean: mean.buffer,
            batchVariance: variance.buffer, savedInverseDeviation: inverse.buffer, rows: 4, channels: 1, epsilon: 0,
            relu: false)
        withExtendedLifetime((input, scale, shift)) {}
        #expect(mean.array == [3])
        expectClose(variance.array, [14.0 / 3], relative: 1e-7)
        expectClose(inverse.array, [1 / 3.5.squareRoot()], relative: 1e-7)
        expectClose(output.array, [1.0, 2, 3, 6].map { ($0 - 3) / 3.5.squareRoot() * 2 + 0.5 }, relative: 2e-7)
    }

    @Test func aSingleRowHasNoVariance() {
        let one = BatchNormCase(rows: 1, channels: 3, relu: false)
        let fast = one.fast()
        #expect(fast.variance.array == [0, 0, 0])
        expectClose(fast.output.array, one.shift.array, relative: 0)
    }

    @Test(arguments: [1, 16, 33], [false, true])
    func inferenceAgreesWithReference(channels: Int, relu: Bool) {
        let rows = 29
        let one = BatchNormCase(rows: rows, channels: channels, relu: relu)
        let mean = Memory(randomFloats(channels, seed: 5))
        let variance = Memory(randomFloats(channels, seed: 6).map { $0 + 1.25 })
        let output = Memory(count: rows * channels)
        batchNormForwardInference(
            output: output.buffer, input: one.input.buffer, scale: one.scale.buffer, shift: one.shift.buffer,
            runningMean: mean.buffer, runningVariance: variance.buffer, rows: rows, channels: channels, epsilon: one.epsilon,
            relu: relu)
        let expected = Reference.batchNormForwardInference(
            input: one.input.doubles, scale: one.scale.doubles, shift: one.shift.doubles, runningMean: mean.doubles,
            runningVariance: variance.doubles, rows: rows, channels: channels, epsilon: Double(one.epsilon), relu: relu)
        expectClose(output.array, expected, relative: tolerance)
    }

    @Test func givesTheSameBitsTwiceAndInPlace() {
        let one = BatchNormCase(rows: 333, channels: 40, relu: true)
        let first = one.fast().output.array
        #expect(first == one.fast().output.array)
        let (mean, variance, inverse) = (Memory(count: 40), Memory(count: 40), Memory(count: 40))
        batchNormForwardTraining(
            output: one.input.buffer, input: one.input.buffer, scale: one.scale.buffer, shift: one.shift.buffer,
            batchMean: mean.buffer, batchVariance: variance.buffer, savedInverseDeviation: inverse.buffer, rows: 333,
            channels: 40, epsilon: one.epsilon, relu: true)
        #expect(one.input.array == first)
    }
}
