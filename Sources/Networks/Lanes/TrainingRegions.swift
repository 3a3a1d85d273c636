import Kernels
import Tensors

/// Where a training lane keeps what: of each block the convolution's output, from which the way back makes what else it needs, and
/// what the next block reads.
struct TrainingRegions: Sendable {
    struct Block: Sendable {
        /// The convolution's output.
        let convolved: Arena.Region
        /// After batch norm, ReLU and max-pool.
        let output: Arena.Region
        let coefficients: Arena.Region
        /// Takes the gradient of the block's input; unused in the first block.
        let inputGradient: Arena.Region
    }

    struct Stage: Sendable {
        /// After ReLU and dropout; of the last stage the logits, and then their gradient.
        let output: Arena.Region
        /// Gradient of the stage's input; empty where that is the image.
        let inputGradient: Arena.Region
    }

    let input: Arena.Region
    /// None of an EfficientNet.
    let blocks: [Block]
    let inverted: InvertedTrainingRegions?
    /// Of the channels of the convolution at hand.
    let moments: Arena.Region
    /// The last map averaged for the mlp, or an EfficientNet's means.
    let averaged: Arena.Region?
    let stages: [Stage]
    /// Gradient of the last tap.
    let featureGradient: Arena.Region
    let workspace: Arena.Region

    init(_ network: Network, shardSize: Int, plan: inout Arena.Plan) {
        input = plan.reserve(shardSize * network.inputCount)
        // Blocks take the two in turn: one is read while the other is written.
        let largest = shardSize * network.blocks.dropFirst().reduce(0) { max($0, $1.inputCount) }
        let gradients = [plan.reserve(largest), plan.reserve(largest)]
        var blocks: [Block] = []
        for (index, block) in network.blocks.enumerated() {
            blocks.append(
                Block(
                    convolved: plan.reserve(shardSize * block.activationCount), output: plan.reserve(shardSize * block.outputCount),
                    coefficients: plan.reserve(ChannelCoefficients.count(channels: block.outputChannels)),
                    inputGradient: gradients[index % 2]))
        }
        self.blocks = blocks
        inverted = network.inverted.map { InvertedTrainingRegions($0, shardSize: shardSize, plan: &plan) }
        moments = plan.reserve(network.batchNorms.reduce(0) { max($0, BlockMoments.count(channels: $1.scale.count)) })
        averaged = network.averagedCount.map { plan.reserve(shardSize * $0) }
        var stages: [Stage] = []
        for stage in network.stages {
            let gradientCount = network.taps.isEmpty && stages.isEmpty ? 0 : shardSize * stage.inputs
            stages.append(Stage(output: plan.reserve(shardSize * stage.outputs), inputGradient: plan.reserve(gradientCount)))
        }
        self.stages = stages
        featureGradient = plan.reserve(network.classifierPool == nil ? 0 : shardSize * (network.taps.last?.count ?? 0))
        workspace = plan.reserve(
            network.inverted?.trainingWorkspaceCount(shardSize: shardSize)
                ?? network.workspaceCount(shardSize: shardSize) { plan, _ in
                    max(plan.forwardWorkspaceCount, plan.backwardWorkspaceCount)
                })
    }
}
