import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct DropoutTests {
    private func mask(_ key: DropoutKey, samples: [Int], width: Int, probability: Float, backward: Bool = false) -> [Float] {
        let (ones, output) = (Memory([Float](repeating: 1, count: samples.count * width)), Memory(count: samples.count * width))
        if backward {
            dropoutBackward(
                inputGradient: output.buffer, outputGradient: ones.buffer, width: width, probability: probability, key: key,
                sampleIndices: samples)
        } else {
            dropoutForward(
                output: output.buffer, input: ones.buffer, width: width, probability: probability, key: key,
                sampleIndices: samples)
        }
        withExtendedLifetime(ones) {}
        return output.array
    }

    @Test(arguments: [Float(0), 0.1, 0.5, 0.9])
    func keepsItsShareAndTheMean(probability: Float) {
        let (width, samples) = (1001, Array(0..<100))
        let mask = mask(DropoutKey(seed: 7, step: 3, layer: 1), samples: samples, width: width, probability: probability)
        let factor = 1 / (1 - probability)
        #expect(mask.allSatisfy { $0 == 0 || $0 == factor })
        let kept = Double(mask.count { $0 != 0 }) / Double(mask.count)
        // Five standard deviations of a binomial share.
        let p = Double(probability)
        #expect(abs(kept - (1 - p)) <= 5 * (p * (1 - p) / Double(mask.count)).squareRoot())
    }

    @Test func backwardDrawsTheSameMask() {
        let key = DropoutKey(seed: 7, step: 3, layer: 1)
        let forward = mask(key, samples: [4, 9, 2], width: 37, probability: 0.5)
        #expect(forward == mask(key, samples: [4, 9, 2], width: 37, probability: 0.5, backward: true))
    }

    @Test func aMaskBelongsToItsSampleStepLayerAndSeedAlone() {
        func row(_ seed: UInt64, _ step: Int, _ layer: Int, _ sample: Int) -> [Float] {
            mask(DropoutKey(seed: seed, step: step, layer: layer), samples: [sample], width: 64, probability: 0.5)
        }
        let base = row(1, 2, 3, 4)
        let among = mask(DropoutKey(seed: 1, step: 2, layer: 3), samples: [9, 4, 8], width: 64, probability: 0.5)
        #expect(Array(among[64..<128]) == base)
        for other in [row(2, 2, 3, 4), row(1, 3, 3, 4), row(1, 2, 4, 4), row(1, 2, 3, 5)] { #expect(other != base) }
    }
}
