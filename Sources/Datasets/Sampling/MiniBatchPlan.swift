/// Which samples each step of training takes, and how they are cut into shards. It depends on its arguments alone: not on
/// how many workers there are.
///
/// A batch of n samples is cut into ⌈n / shardSize⌉ shards whose sizes differ by at most one, the larger ones first: 100
/// samples at shard size 25 are four shards of 25. The last batch of an epoch may be smaller; it is kept and its shards
/// shrink alike, so that none is left with a sample or two for its batch statistics.
public struct MiniBatchPlan: Hashable, Sendable {
    public let order: SampleOrder
    public let batchSize: Int
    /// The most samples of a shard.
    public let shardSize: Int

    /// - Precondition: the sizes are at least 1.
    public init(sampleCount: Int, batchSize: Int, shardSize: Int, seed: UInt64) {
        self.init(order: .uniform(EpochSampler(count: sampleCount, seed: seed)), batchSize: batchSize, shardSize: shardSize)
    }

    /// - Precondition: the sizes are at least 1.
    public init(order: SampleOrder, batchSize: Int, shardSize: Int) {
        precondition(batchSize >= 1 && shardSize >= 1, "batch of \(batchSize), shards of \(shardSize)")
        self.order = order
        self.batchSize = batchSize
        self.shardSize = shardSize
    }

    public var stepsPerEpoch: Int { (order.count + batchSize - 1) / batchSize }

    /// The samples of the batch of one step, counted within its epoch.
    public func sampleCount(step: Int) -> Int { positions(step: step).count }

    /// How many shards the batch of a step has.
    public func shardCount(step: Int) -> Int { (sampleCount(step: step) + shardSize - 1) / shardSize }

    /// The sample indices of every shard of a step. `step` counts within the epoch.
    /// - Precondition: 0 ≤ step < stepsPerEpoch.
    public func shards(epoch: Int, step: Int) -> [[Int]] {
        (0..<shardCount(step: step)).map { shard(epoch: epoch, step: step, shard: $0) }
    }

    /// The sample indices of one shard of a step.
    public func shard(epoch: Int, step: Int, shard: Int) -> [Int] {
        let positions = positions(step: step)
        let shards = shardCount(step: step)
        precondition(shard >= 0 && shard < shards, "shard \(shard) of \(shards)")
        let (size, larger) = positions.count.quotientAndRemainder(dividingBy: shards)
        let start = positions.lowerBound + shard * size + min(shard, larger)
        return order.indices(at: start..<start + size + (shard < larger ? 1 : 0), epoch: epoch)
    }

    private func positions(step: Int) -> Range<Int> {
        precondition(step >= 0 && step < stepsPerEpoch, "step \(step) of \(stepsPerEpoch)")
        return step * batchSize..<min((step + 1) * batchSize, order.count)
    }
}
