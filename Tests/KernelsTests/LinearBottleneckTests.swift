import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct LinearBottleneckTests {
    /// Every step rounds once and sums are made of short runs.
    private let tolerance = 2e-6

    static let shapes = [(1, 9, 1), (2, 33, 7), (3, 49, 24), (4, 17, 40), (2, 70, 112), (2, 10, 1152)]

    @Test(arguments: shapes)
    func normalizesAndAdds(batch: Int, positions: Int, channels: Int) {
        let count = batch * positions * channels
        let one = NormalizedCase(Memory(randomFloats(count, seed: 1)), channels: channels, seed: 10)
        let (addend, factors) = (Memory(randomFloats(count, seed: 2)), Memory(randomFloats(batch, seed: 3)))
        let normalized = one.reference(one.convolved.doubles).output
        for (adds, scales) in [(false, false), (true, false), (false, true), (true, true)] {
            let output = Memory(count: count)
            normalizeLinear(
                output: output.buffer, map: one.map, addend: adds ? addend.buffer : nil, sampleFactors: scales ? factors.buffer : nil,
                batch: batch)
            expectClose(
                output.array,
                normalized.indices.map {
                    normalized[$0] * (scales ? factors.doubles[$0 / channels / positions] : 1) + (adds ? addend.doubles[$0] : 0)
                }, relative: tolerance, "\(adds) \(scales)")
        }
        let scaled = Memory(addend.array)
        scaleSamples(output: scaled.buffer, input: scaled.buffer, factors: factors.buffer)
        #expect(scaled.array == addend.array.indices.map { addend.array[$0] * factors.array[$0 / channels / positions] })
        withExtendedLifetime(factors) {}
    }

    @Test(arguments: shapes)
    func gradientsAgreeWithReference(batch: Int, positions: Int, channels: Int) {
        let count = batch * positions * channels
        let one = NormalizedCase(Memory(randomFloats(count, seed: 1)), channels: channels, seed: 10)
        let upper = Memory(randomFloats(count, seed: 2))
        let reference = one.referenceBackward(upper.doubles, one.convolved.doubles)
        _ = one.gradient(upper)
        one.expectGradients(reference, relative: tolerance)
        expectClose(one.convolvedGradient(upper), reference.inputGradient, relative: 2 * tolerance, "gradient of z")
        let (scale, shift) = (one.scaleGradient.array, one.shiftGradient.array)
        finishLinearGradients(one.gradients(adds: true), outputGradient: NormalizedMapGradient(upper.buffer, of: one.map))
        #expect(one.scaleGradient.array == scale.map { $0 + $0 })
        #expect(one.shiftGradient.array == shift.map { $0 + $0 })
    }

    @Test(arguments: shapes)
    func meansAgreeWithReference(batch: Int, positions: Int, channels: Int) {
        let count = batch * positions * channels
        let one = NormalizedCase(Memory(randomFloats(count, seed: 1)), channels: channels, seed: 10)
        let (means, upper) = (Memory(count: batch * channels), Memory(randomFloats(batch * channels, seed: 2)))
        mapMeans(output: means.buffer, input: one.convolved.buffer, batch: batch, channels: channels)
        expectClose(
            means.array, Reference.mapMeans(map: one.convolved.doubles, batch: batch, channels: channels), relative: tolerance, "means")
        let normalized = one.reference(one.convolved.doubles).output
        activatedMeans(output: means.buffer, map: one.map, batch: batch)
        expectClose(
            means.array, Reference.mapMeans(map: normalized.map { Reference.silu($0) }, batch: batch, channels: channels),
            relative: tolerance, "activated means")
        let gradient = Memory(count: count)
        activatedMeansBackward(
            inputGradient: gradient.buffer, batchNorm: one.gradients(), outputGradient: upper.buffer, map: one.map, batch: batch)
        let expected = normalized.indices.map {
            upper.doubles[$0 / channels / positions * channels + $0 % channels] / Double(positions) * Reference.siluSlope(normalized[$0])
        }
        expectClose(gradient.array, expected, relative: tolerance, "gradient of n")
        let reference = one.referenceBackward(expected, one.convolved.doubles)
        one.expectGradients(reference, relative: tolerance)
        expectClose(one.convolvedGradient(gradient), reference.inputGradient, relative: 2 * tolerance, "gradient of z")
        withExtendedLifetime(upper) {}
    }
}
