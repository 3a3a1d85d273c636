import Kernels
import Tensors

/// Forward and backward of one shard at a time, by one thread at a time. All memory is taken when the lane is made; `run`
/// allocates nothing, and what it yields depends on its arguments and `input` alone, never on what the lane ran before.
///
///     let lane = TrainingLane(network, shardSize: 25)
///     lane.input.copy(from: images)               // [25, H, W, C]
///     let outcome = lane.run(sampleCount: 25, labels: labels, parameters: weights, gradients: gradients,
///                            batchStatistics: statistics, gradientScale: 1 / 100, dropout: context)
public final class TrainingLane: Sendable {
    public let network: Network
    /// The most samples of a shard.
    public let shardSize: Int
    let regions: TrainingRegions
    let arena: Arena

    /// - Precondition: `shardSize` is positive.
    public init(_ network: Network, shardSize: Int) {
        precondition(shardSize > 0, "empty shards")
        configureBLAS()
        self.network = network
        self.shardSize = shardSize
        var plan = Arena.Plan()
        regions = TrainingRegions(network, shardSize: shardSize, plan: &plan)
        arena = Arena(plan)
    }

    /// [shardSize, H, W, C]: the first `sampleCount` images are read by `run`. The lane owns the memory.
    public var input: FloatBuffer { arena[regions.input] }
    public var arenaByteCount: Int { arena.byteCount }

    /// The same before a lane is made.
    public static func arenaByteCount(_ network: Network, shardSize: Int) -> Int {
        var plan = Arena.Plan()
        _ = TrainingRegions(network, shardSize: shardSize, plan: &plan)
        return plan.totalCount * MemoryLayout<Float>.stride
    }

    /// One step's work on a shard. A shard of fewer samples than `shardSize` is computed as a batch of that size.
    ///
    /// - Parameters:
    ///   - sampleCount: 1...shardSize
    ///   - labels: [sampleCount], each in 0 ..< K
    ///   - shares: [sampleCount], the second labels of samples that are mixtures; nil where none is.
    ///   - labelSmoothing: the share of every label that is spread over all of them, see `softmaxCrossEntropy`.
    ///   - parameters: weights, in the network's parameter layout.
    ///   - gradients: overwritten with the gradient of gradientScale · Σ loss, in the same layout; or, where
    ///     `adds` is set, gains it. The bits are those of two gradients added.
    ///   - batchStatistics: overwritten with each batch norm's mean and unbiased variance over the shard, in the
    ///     statistics layout, for `updateRunningStatistics`.
    ///   - gradientScale: 1 / samples of the whole mini-batch, for the gradient of its mean loss.
    ///   - profile: gains the time of each section; it begins anew at the call. nil measures nothing.
    public func run(
        sampleCount: Int, labels: [Int32], shares: [LabelShare]? = nil, labelSmoothing: Double = 0, parameters: ParameterVector,
        gradients: ParameterVector, adds: Bool = false, batchStatistics: ParameterVector, gradientScale: Float, dropout: DropoutContext,
        profile: StepProfile? = nil
    ) -> ShardOutcome {
        precondition(sampleCount > 0 && sampleCount <= shardSize, "\(sampleCount) samples in a lane for \(shardSize)")
        precondition(labels.count == sampleCount, "not one label a sample")
        precondition(dropout.sampleIndices.count == sampleCount, "not one index a sample")
        precondition(parameters.layout.totalCount == network.parameterLayout.totalCount, "parameters of another network")
        precondition(gradients.layout.totalCount == network.parameterLayout.totalCount, "gradients of another network")
        precondition(batchStatistics.layout.totalCount == network.statisticsLayout.totalCount, "statistics of another network")
        let shard = Shard(
            count: sampleCount, parameters: parameters, gradients: gradients, adds: adds, batchStatistics: batchStatistics,
            dropout: dropout, profile: profile)
        profile?.begin()
        if let inverted = network.inverted, let inner = regions.inverted {
            forward(shard, inverted, inner, means: classifierInput(shard.count))
        } else {
            forwardFeatures(shard)
        }
        let logits = forwardClassifier(shard)
        profile?.end(.classifierForward)
        let (lossSum, correct) = softmaxCrossEntropy(
            logits: logits, labels: labels, shares: shares, smoothing: labelSmoothing, logitsGradient: logits, rows: sampleCount,
            classes: network.specification.labels, gradientScale: gradientScale)
        profile?.end(.loss)
        let featureGradient = backwardClassifier(shard, logitsGradient: logits)
        profile?.end(.classifierBackward)
        if let inverted = network.inverted, let inner = regions.inverted {
            backward(shard, inverted, inner, meanGradients: featureGradient)
        } else {
            backwardFeatures(shard, outputGradient: featureGradient)
        }
        return ShardOutcome(lossSum: lossSum, correct: correct)
    }

    /// What `run` was given.
    struct Shard {
        let count: Int
        let parameters: ParameterVector
        let gradients: ParameterVector
        let adds: Bool
        let batchStatistics: ParameterVector
        let dropout: DropoutContext
        let profile: StepProfile?
    }

    /// The first `count` samples of a region that has `perSample` floats for each.
    func buffer(_ region: Arena.Region, _ count: Int, _ perSample: Int) -> FloatBuffer {
        arena[region].slice(0, count * perSample)
    }
}
