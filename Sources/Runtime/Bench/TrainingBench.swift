import Diagnostics
import Kernels
import Networks
import Tensors

/// Steps of training inside this process: every shard forward and backward, the sum of their gradients, the optimizer.
final class TrainingBench {
    static let shardSize = 25

    private let network: Network
    private let batch: Int
    private let threads: Int
    private let parameters: ParameterVector
    private let velocity: ParameterVector
    private let statistics: ParameterVector
    private let shards: [ShardBuffers]
    private let lanes: LaneShelf<TrainingLane>
    private let scratch = StoragePool(kept: 0)

    /// What a shard yields, kept from step to step.
    private final class ShardBuffers: Sendable {
        let gradients: ParameterVector
        let statistics: ParameterVector
        let sampleCount: Int
        let images: Tensor
        let labels: [Int32]

        init(_ network: Network, first: Int, sampleCount: Int) {
            gradients = ParameterVector(network.parameterLayout)
            statistics = ParameterVector(network.statisticsLayout)
            self.sampleCount = sampleCount
            images = syntheticImages(sampleCount, network, first: first)
            labels = (0..<sampleCount).map { Int32((first + $0) % network.specification.labels) }
        }
    }

    var shardSize: Int { min(batch, Self.shardSize) }

    init(_ network: Network, batch: Int, threads: Int) {
        self.network = network
        self.batch = batch
        self.threads = threads
        parameters = network.initialParameters(seed: 1)
        velocity = ParameterVector(network.parameterLayout)
        statistics = network.initialStatistics()
        let shardSize = min(batch, Self.shardSize)
        shards = stride(from: 0, to: batch, by: shardSize).map { first in
            ShardBuffers(network, first: first, sampleCount: min(shardSize, batch - first))
        }
        lanes = LaneShelf { TrainingLane(network, shardSize: shardSize) }
    }

    func step(_ number: Int) throws(Problem) {
        let (shards, lanes, parameters, batch) = (shards, lanes, parameters, batch)
        _ = try forEachShard(count: shards.count, lanes: threads, makeContext: { lanes[$0] }) { lane, index in
            let shard = shards[index]
            shard.images.withBuffer { lane.input.slice(0, $0.count).copy(from: $0) }
            let dropout = DropoutContext(seed: 1, step: number, sampleIndices: Array(0..<shard.sampleCount))
            return lane.run(
                sampleCount: shard.sampleCount, labels: shard.labels, parameters: parameters, gradients: shard.gradients,
                batchStatistics: shard.statistics, gradientScale: 1 / Float(batch), dropout: dropout)
        }
        takeStep()
        reduceStatistics()
    }

    /// The gradients' sum along the fixed tree, as a run adds it up, and the optimizer's step, slice by slice.
    private func takeStep() {
        let (shards, parameters, velocity) = (shards, parameters, velocity)
        inSlices(parameters.buffer.count, scratch: scratch) { slice, _ in
            Self.reduce(shards.map { $0.gradients.buffer.slice(slice) })
            nesterovStep(
                weights: parameters.buffer.slice(slice), velocity: velocity.buffer.slice(slice),
                gradient: shards[0].gradients.buffer.slice(slice), learningRate: 0.01, momentum: 0.9175, weightDecay: 1e-3)
        }
    }

    /// Pairwise into the first.
    private static func reduce(_ buffers: [FloatBuffer]) {
        var distance = 1
        while distance < buffers.count {
            for index in stride(from: 0, to: buffers.count - distance, by: 2 * distance) {
                addInto(buffers[index], buffers[index + distance])
            }
            distance *= 2
        }
    }

    private func reduceStatistics() {
        Self.reduce(shards.map(\.statistics.buffer))
        let mean = shards[0].statistics
        for index in 0..<mean.buffer.count { mean.buffer[index] /= Float(shards.count) }
        updateRunningStatistics(statistics, meanOfShards: mean)
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
