import Tensors

/// Who a dropped element belongs to. A mask is a pure function of these, the sample and the element, so the backward
/// pass draws it again and nothing is stored, and no sample's mask depends on the shard it is in.
public struct DropoutKey: Hashable, Sendable {
    public let seed: UInt64
    /// The optimizer step.
    public let step: Int
    /// Which dropout of the network, 0...255.
    public let layer: Int

    /// - Precondition: 0 ≤ step < 2³², 0 ≤ layer < 256.
    public init(seed: UInt64, step: Int, layer: Int) {
        require(step >= 0 && step <= Int(UInt32.max), "the step is not a 32-bit number")
        require(layer >= 0 && layer < 256, "the layer is not in 0...255")
        self.seed = seed
        self.step = step
        self.layer = layer
    }
}

/// Inverted dropout: each element is zero with `probability`, else divided by 1 − probability, so that inference does
/// nothing (as PyTorch's Dropout). Overwrites; output and input may be the same memory.
///
/// - Parameters:
///   - output, input: [sampleIndices.count, width]
///   - probability: in 0 ..< 1
///   - sampleIndices: who each row is in the data set; 32-bit numbers.
public func dropoutForward(
    output: FloatBuffer, input: FloatBuffer, width: Int, probability: Float, key: DropoutKey, sampleIndices: [Int]
) {
    applyDropout(output, input, width, probability, key, sampleIndices)
}

/// inputGradient = outputGradient through the mask and factor of the forward pass with the same key and samples.
/// Overwrites; the two may be the same memory.
public func dropoutBackward(
    inputGradient: FloatBuffer, outputGradient: FloatBuffer, width: Int, probability: Float, key: DropoutKey,
    sampleIndices: [Int]
) {
    applyDropout(inputGradient, outputGradient, width, probability, key, sampleIndices)
}

private func applyDropout(
    _ target: FloatBuffer, _ source: FloatBuffer, _ width: Int, _ probability: Float, _ key: DropoutKey,
    _ sampleIndices: [Int]
) {
    requireCount(target, sampleIndices.count * width, "target")
    requireCount(source, sampleIndices.count * width, "source")
    require(probability >= 0 && probability < 1, "the probability is not in 0 ..< 1")
    require(width <= 4 << 24, "the layer is too wide for its counters")
    let generator = Philox(seed: key.seed)
    // An element is dropped when its 32 random bits are below probability · 2³².
    let threshold = SIMD4<UInt32>(repeating: UInt32(Double(probability) * 0x1p32))
    let factor = 1 / (1 - probability)
    for (row, sample) in sampleIndices.enumerated() {
        require(sample >= 0 && sample <= Int(UInt32.max), "a sample index is not a 32-bit number")
        let (from, to) = (source.pointer + row * width, target.pointer + row * width)
        var counter = SIMD4(
            UInt32(sample), UInt32(key.step), UInt32(key.layer) << 24, RandomPurpose.dropout.rawValue)
        for place in stride(from: 0, to: width, by: 4) {
            let dropped = generator.block(counter) .< threshold
            for lane in 0..<min(4, width - place) {
                to[place + lane] = dropped[lane] ? 0 : from[place + lane] * factor
            }
            counter.z &+= 1
        }
    }
}
