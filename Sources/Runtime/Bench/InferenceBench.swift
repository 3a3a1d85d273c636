import Diagnostics
import Networks
import Tensors

/// Forward passes of a frozen network: in each step every thread computes one batch.
final class InferenceBench {
    private let threads: Int
    private let batch: Int
    private let parameters: ParameterVector
    private let statistics: ParameterVector
    private let images: Tensor
    private let lanes: LaneShelf<InferenceLane>

    init(_ network: Network, batch: Int, threads: Int) {
        self.threads = threads
        self.batch = batch
        parameters = network.initialParameters(seed: 1)
        statistics = network.initialStatistics()
        images = syntheticImages(batch, network, first: 0)
        lanes = LaneShelf { InferenceLane(network, shardSize: batch, keepsTaps: false) }
    }

    /// Bytes of each lane's arena.
    var laneBytes: Int { lanes[0].arenaByteCount }

    func step(_ number: Int) throws(Problem) {
        let (lanes, images, batch, parameters, statistics) = (lanes, images, batch, parameters, statistics)
        _ = try forEachShard(count: threads, lanes: threads, makeContext: { lanes[$0] }) { lane, _ in
            images.withBuffer { lane.input.copy(from: $0) }
            return lane.run(sampleCount: batch, parameters: parameters, statistics: statistics).count
        }
    }
}
