/// What a shard yields besides its gradient.
public struct ShardOutcome: Hashable, Sendable {
    /// The sum of the samples' cross-entropies, in nats; NaN once a network has diverged.
    public let lossSum: Double
    /// Samples whose own label has the largest logit; of a mixture, the heavier of its two labels.
    public let correct: Int

    public init(lossSum: Double, correct: Int) {
        self.lossSum = lossSum
        self.correct = correct
    }
}

/// What dropout masks are drawn from. A sample's mask depends on these and on its index, never on its shard.
public struct DropoutContext: Hashable, Sendable {
    public let seed: UInt64
    /// The optimizer step, 0 ..< 2³².
    public let step: Int
    /// Who each sample of the shard is in the data set, 0 ..< 2³².
    public let sampleIndices: [Int]

    public init(seed: UInt64, step: Int, sampleIndices: [Int]) {
        self.seed = seed
        self.step = step
        self.sampleIndices = sampleIndices
    }
}
