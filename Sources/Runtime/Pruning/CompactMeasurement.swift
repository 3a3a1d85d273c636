import Diagnostics
import Networks
import Reporting
import Tensors

/// A pruned network's execution without its empty channels, beside the dense one: both from the files of a run directory.
struct CompactMeasurement {
    /// Multiply-adds of a timed batch, about: a fraction of a second on one thread.
    private static let work = 4_000_000_000

    let network: Network

    /// - Parameters:
    ///   - weights, mask: paths of what `PrunePhase` writes.
    /// - Returns: nil where the mask empties no channel.
    func run(weights: String, mask path: String) throws(Problem) -> PruneDocument.Compact? {
        let (parameters, statistics) = try network.loadWeights(path: weights)
        let file = try SafetensorsFile(path: path)
        var kept: [String: [Bool]] = [:]
        for entry in file.entries { kept[entry.name] = try file.floats(entry.name).array.map { $0 != 0 } }
        guard let compact = try network.compacted(parameters: parameters, statistics: statistics, kept: kept) else { return nil }
        let batch = min(max(Self.work / network.multiplyAdds, 1), 100)
        let images = syntheticImages(batch, network, first: 0)
        func pass(_ network: Network, _ parameters: ParameterVector, _ statistics: ParameterVector) -> () -> Void {
            let lane = InferenceLane(network, shardSize: batch, keepsTaps: false)
            images.withBuffer { lane.input.copy(from: $0) }
            return { _ = lane.run(sampleCount: batch, parameters: parameters, statistics: statistics) }
        }
        let seconds = Timing.medians(runs: 5, [
            pass(network, parameters, statistics), pass(compact.network, compact.parameters, compact.statistics),
        ])
        return PruneDocument.Compact(
            channelsKept: Dictionary(uniqueKeysWithValues: zip(network.taps.map(\.name), compact.channels.map(\.count))),
            multiplyAdds: compact.network.multiplyAdds, imagesPerSecond: Double(batch) / seconds[1],
            imagesPerSecondDense: Double(batch) / seconds[0])
    }
}
