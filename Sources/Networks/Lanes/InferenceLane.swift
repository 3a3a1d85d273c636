import Kernels
import Tensors

/// The forward pass of a frozen network, with running statistics and without dropout: one shard at a time, by one thread at
/// a time. All memory is taken when the lane is made.
public final class InferenceLane: @unchecked Sendable {
    public let network: Network
    /// The most samples of a shard.
    public let shardSize: Int
    /// Whether the taps outlive `run`; without them a lane takes less memory.
    public let keepsTaps: Bool
    /// Samples of the latest run; 0 before the first.
    public private(set) var sampleCount = 0
    let regions: InferenceRegions
    let arena: Arena

    /// - Precondition: `shardSize` is positive.
    public init(_ network: Network, shardSize: Int, keepsTaps: Bool = true) {
        precondition(shardSize > 0, "empty shards")
        configureBLAS()
        self.network = network
        self.shardSize = shardSize
        self.keepsTaps = keepsTaps
        var plan = Arena.Plan()
        regions = InferenceRegions(network, shardSize: shardSize, keepsTaps: keepsTaps, plan: &plan)
        arena = Arena(plan)
    }

    /// [shardSize, H, W, C]: the first `sampleCount` images are read by `run`. The lane owns the memory.
    public var input: FloatBuffer { arena[regions.input] }
    public var arenaByteCount: Int { arena.byteCount }

    /// The same before a lane is made.
    public static func arenaByteCount(_ network: Network, shardSize: Int, keepsTaps: Bool = true) -> Int {
        var plan = Arena.Plan()
        _ = InferenceRegions(network, shardSize: shardSize, keepsTaps: keepsTaps, plan: &plan)
        return plan.totalCount * MemoryLayout<Float>.stride
    }

    /// The output of a layer in the latest run, [sampleCount, H, W, F]: valid until the next run.
    ///
    /// - Precondition: the lane keeps taps, and `index` is in `network.taps`.
    public func tap(_ index: Int) -> FloatBuffer {
        precondition(keepsTaps, "this lane keeps no taps")
        return arena[regions.taps[index]].slice(0, sampleCount * network.taps[index].count)
    }

    /// - Parameters:
    ///   - sampleCount: 1...shardSize
    ///   - parameters, statistics: in the network's layouts.
    /// - Returns: the logits, [sampleCount, K], valid until the next run.
    public func run(sampleCount: Int, parameters: ParameterVector, statistics: ParameterVector) -> FloatBuffer {
        precondition(sampleCount > 0 && sampleCount <= shardSize, "\(sampleCount) samples in a lane for \(shardSize)")
        precondition(parameters.layout.totalCount == network.parameterLayout.totalCount, "parameters of another network")
        precondition(statistics.layout.totalCount == network.statisticsLayout.totalCount, "statistics of another network")
        self.sampleCount = sampleCount
        if let features = network.inverted, let inner = regions.inverted, let averaged = regions.averaged {
            let means = buffer(averaged, features.headChannels)
            runInverted(features, inner, parameters, statistics, means: means)
            return classify(means, parameters)
        }
        var blockInput = buffer(regions.input, network.inputCount)
        for (block, tap) in zip(network.blocks, regions.taps) {
            let output = buffer(tap, block.outputCount)
            let (factors, bias) = fold(block, parameters, statistics)
            block.plan(batch: sampleCount).inference(
                output: output, input: blockInput, weights: parameters.buffer(block.weight), factors: factors, bias: bias,
                pooled: block.isPooled, workspace: arena[regions.workspace])
            blockInput = output
        }
        return classify(blockInput, parameters)
    }

    private func fold(
        _ block: ConvolutionBlock, _ parameters: ParameterVector, _ statistics: ParameterVector
    ) -> (factors: FloatBuffer, bias: FloatBuffer) {
        let (factors, folded) = (
            arena[regions.factors].slice(0, block.outputChannels), arena[regions.bias].slice(0, block.outputChannels)
        )
        block.foldBatchNorm(parameters, statistics, factors: factors, bias: folded)
        return (factors, folded)
    }

    private func classify(_ features: FloatBuffer, _ parameters: ParameterVector) -> FloatBuffer {
        var stageInput = features
        if let averaged = regions.averaged, let geometry = network.averagePool(batch: sampleCount) {
            stageInput = arena[averaged].slice(0, geometry.outputCount)
            averagePoolForward(output: stageInput, input: features, geometry: geometry)
        }
        for (stage, region) in zip(network.stages, regions.stages) {
            let output = buffer(region, stage.outputs)
            linearForward(
                output: output, input: stageInput, weights: parameters.buffer(stage.weight),
                bias: stage.bias.map { parameters.buffer($0) }, rows: sampleCount, inputs: stage.inputs,
                outputs: stage.outputs)
            if stage.isHidden { reluForward(output: output, input: output) }
            stageInput = output
        }
        return stageInput
    }

    private func buffer(_ region: Arena.Region, _ perSample: Int) -> FloatBuffer {
        arena[region].slice(0, sampleCount * perSample)
    }
}
