import Kernels
import Networks

/// Measures `ConvolutionTable` anew: each distinct layer shape of a network by every scheme that can compute it, with several sizes
/// of blocks.
struct BlocksBench {
    private let network: Network
    private let shard: Int
    private let runs: Int

    init(_ network: Network, batch: Int, runs: Int) {
        self.network = network
        shard = TrainingBench.shardSize(batch: batch)
        self.runs = runs
    }

    func run() -> BlocksBenchResult {
        BlocksBenchResult(
            model: network.specification.summary, shard: shard, shapes: distinctShapes(network).map(measure), fingerprint: kernelFingerprint)
    }

    /// Multiples of 14 are whole tiles of products on the way forward; on the way back a sum is as long as a block.
    private static let candidates = [14, 28, 42, 56, 84, 112, 140, 168, 224, 300, 400]

    /// Sizes of blocks that differ: not above the number of tiles.
    private static func sizes(_ tileCount: Int, held: TileBlocking) -> [Int] {
        let capped = (candidates + [held.forwardTiles, held.backwardTiles, min(tileCount, 400)]).map { min($0, tileCount) }
        return Set(capped).sorted()
    }

    private func measure(_ layer: ConvolutionLayer) -> BlocksBenchResult.Shape {
        let used = layer.plan(batch: shard)
        let geometry = used.geometry
        let plans = ConvolutionPlan.Scheme.allCases.filter { ConvolutionPlan.allows($0, geometry) }.flatMap { scheme in
            let plan = ConvolutionPlan(geometry, scheme: scheme)
            guard let tileCount = plan.tileCount else { return [plan] }
            return Self.sizes(tileCount, held: plan.blocking).map {
                ConvolutionPlan(geometry, scheme: scheme, blocking: TileBlocking(forwardTiles: $0, backwardTiles: $0))
            }
        }
        let trial = LayerTrial(layer, batch: shard, plans: plans)
        let forward = Timing.medians(runs: runs, slice: 0.02, plans.map { plan in { trial.forward(plan) } })
        // The first layer's input wants no gradient.
        let isFirst = layer.name == network.convolutionLayers.first?.name
        let backward = Timing.medians(runs: runs, slice: 0.02, plans.map { plan in { trial.backward(plan, withInput: !isFirst) } })
        let entries = plans.indices.map { index in
            let plan = plans[index]
            return BlocksBenchResult.Entry(
                scheme: plan.scheme.rawValue, tiles: plan.tileCount.map { min($0, plan.blocking.forwardTiles) },
                forwardMilliseconds: forward[index] * 1000, backwardMilliseconds: backward[index] * 1000)
        }
        return BlocksBenchResult.Shape(
            layer: layer.name, inputChannels: geometry.inputChannels, outputChannels: geometry.outputChannels, size: layer.size,
            isInTable: ConvolutionTable.holds(geometry), scheme: used.scheme.rawValue,
            forwardTiles: used.tileCount.map { min($0, used.blocking.forwardTiles) },
            backwardTiles: used.tileCount.map { min($0, used.blocking.backwardTiles) }, entries: entries)
    }
}
