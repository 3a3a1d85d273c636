import Diagnostics
import Networks
import Tensors

/// Forward passes of a frozen network: in each step every thread computes one batch.
final class InferenceBench {
    private let threads: Int
    private let batch: Int
    private let weights: PreparedWeights
    private let images: Tensor
    private let lanes: LaneShelf<InferenceLane>

    init(_ network: Network, batch: Int, threads: Int) {
        self.threads = threads
        self.batch = batch
        weights = PreparedWeights(network, for: .inference)
        weights.assign(network.initialParameters(seed: 1), statistics: network.initialStatistics())
        images = syntheticImages(batch, network, first: 0)
        lanes = LaneShelf { InferenceLane(network, shardSize: batch, keepsTaps: false) }
    }

    func step(_ number: Int) throws(Problem) {
        let (lanes, images, batch, weights) = (lanes, images, batch, weights)
        _ = try forEachShard(count: threads, lanes: threads, makeContext: { lanes[$0] }) { lane, _ in
            images.withBuffer { lane.input.copy(from: $0) }
            return lane.run(sampleCount: batch, weights: weights).count
        }
    }
}
