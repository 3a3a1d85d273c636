import Coordination
import Diagnostics
import Kernels
import Networks
import Synchronization
import Tensors

/// Steps of training inside this process: every shard forward and backward, the sum of their gradients along the tree, the
/// optimizer.
final class TrainingBench {
    private let network: Network
    private let batch: Int
    private let threads: Int
    private let parameters: ParameterVector
    private let velocity: ParameterVector
    private let statistics: ParameterVector
    private let shards: [Shard]
    private let parts: [ShardSum]
    private let lanes: LaneShelf<TrainingLane>
    /// One for each lane, once `startProfile` was called.
    private var profiles: [StepProfile]?
    private let scratch = StoragePool(kept: 0)

    private struct Shard: Sendable {
        let images: Tensor
        let labels: [Int32]

        init(_ network: Network, first: Int, sampleCount: Int) {
            images = syntheticImages(sampleCount, network, first: first)
            labels = (0..<sampleCount).map { Int32((first + $0) % network.specification.labels) }
        }
    }

    let shardSize: Int

    /// Samples of a shard: a quarter of the mini-batch, as recipes cut it.
    static func shardSize(batch: Int) -> Int { max(1, (batch + 3) / 4) }

    init(_ network: Network, batch: Int, threads: Int) {
        self.network = network
        self.batch = batch
        self.threads = threads
        parameters = network.initialParameters(seed: 1)
        velocity = ParameterVector(network.parameterLayout)
        statistics = network.initialStatistics()
        let shardSize = Self.shardSize(batch: batch)
        self.shardSize = shardSize
        shards = stride(from: 0, to: batch, by: shardSize).map { first in
            Shard(network, first: first, sampleCount: min(shardSize, batch - first))
        }
        let tree = ReductionTree(leafCount: shards.count)
        parts = tree.nodes(level: tree.level(withNodesFor: threads)).map { ShardSum(network, tree: tree, node: $0) }
        lanes = LaneShelf { TrainingLane(network, shardSize: shardSize) }
    }

    /// Bytes of each lane's arena.
    var laneBytes: Int { lanes[0].arenaByteCount }

    /// From the next step on its sections are timed.
    func startProfile() { profiles = (0..<threads).map { _ in StepProfile(layers: network.taps.count) } }

    /// The sections of all lanes since `startProfile`, added up; nil before it.
    var profile: StepProfile? {
        guard let profiles else { return nil }
        let sum = StepProfile(layers: network.taps.count)
        for profile in profiles { sum.add(profile) }
        return sum
    }

    func step(_ number: Int) throws(Problem) {
        let (shards, parts, lanes, parameters, batch, profiles) = (shards, parts, lanes, parameters, batch, profiles)
        _ = try forEachShard(count: parts.count, lanes: threads, makeContext: { (lanes[$0], profiles?[$0]) }) { context, part in
            let (lane, profile) = context
            parts[part].compute(profile: profile) { leaf, gradients, adds, statistics in
                let shard = shards[leaf]
                profile?.begin()
                shard.images.withBuffer { lane.input.slice(0, $0.count).copy(from: $0) }
                profile?.end(.inputCopy)
                let dropout = DropoutContext(seed: 1, step: number, sampleIndices: Array(0..<shard.labels.count))
                _ = lane.run(
                    sampleCount: shard.labels.count, labels: shard.labels, parameters: parameters, gradients: gradients, adds: adds,
                    batchStatistics: statistics, gradientScale: 1 / Float(batch), dropout: dropout, profile: profile)
            }
        }
        update()
    }

    /// The parts' sums added up, and the optimizer's step over them.
    private func update() {
        let profiles = profiles
        var sums = parts.map(\.total)
        while sums.count > 2 {
            // Pairwise, level by level, as the tree has it.
            sums = stride(from: 0, to: sums.count, by: 2).map { first in
                if first + 1 < sums.count { sums[first].add(sums[first + 1], profile: profiles?[0]) }
                return sums[first]
            }
        }
        let (gradient, addend) = (sums[0].gradients, sums.count > 1 ? sums[1].gradients : nil)
        let (parameters, velocity) = (parameters, velocity)
        let isProfiled = profiles != nil
        let optimizerTime = Mutex(Duration.zero)
        inSlices(parameters.buffer.count, threads: threads, scratch: scratch) { slice, _ in
            let start = ContinuousClock.now
            nesterovStep(
                weights: parameters.buffer.slice(slice), velocity: velocity.buffer.slice(slice),
                gradient: gradient.buffer.slice(slice), addend: addend?.buffer.slice(slice), learningRate: 0.01, momentum: 0.9175,
                weightDecay: 1e-3)
            if isProfiled { optimizerTime.withLock { $0 += .now - start } }
        }
        profiles?[0].add(optimizerTime.withLock { $0 }, to: .optimizer)
        profiles?[0].begin()
        let mean = sums[0].statistics
        if sums.count > 1 { addInto(mean.buffer, sums[1].statistics.buffer) }
        scale(mean.buffer, by: 1 / Float(shards.count))
        updateRunningStatistics(statistics, meanOfShards: mean)
        profiles?[0].end(.optimizer)
    }
}

/// Uniform in [-1, 1), as normalised pixels are: [count, H, W, C], the same in every run.
func syntheticImages(_ count: Int, _ network: Network, first: Int) -> Tensor {
    let specification = network.specification
    var images = Tensor([count, specification.inputSize, specification.inputSize, specification.inputChannels])
    var stream = RandomStream(seed: 1, purpose: .synthetic, minor: first)
    images.withMutableBuffer { buffer in
        for index in 0..<buffer.count { buffer[index] = stream.nextUniform() * 2 - 1 }
    }
    return images
}
