import Tensors

/// Where a training lane keeps what. Backward lives almost wholly in memory that forward has done with:
/// - once a block's batch norm has been gone back through, nobody reads the convolution's output (without batch norm: the
///   block's activation) again, so the gradient of the block's input goes there. It fits, for no convolution of a VGG but the
///   first has more inputs than outputs, and the image's gradient is not wanted;
/// - only the gradient in front of a max-pool needs a place of its own: `unpooledGradient`, one for all blocks.
struct TrainingRegions: Sendable {
    struct Block: Sendable {
        /// The convolution's output where batch norm follows; nil where ReLU is applied in place.
        let convolved: Arena.Region?
        /// After ReLU.
        let activation: Arena.Region
        /// After the max-pool.
        let pooled: Arena.Region?
        /// Batch norm's 1 / deviation, per channel.
        let inverseDeviation: Arena.Region?

        var output: Arena.Region { pooled ?? activation }
        /// Takes the gradient of the block's input.
        var inputGradient: Arena.Region { convolved ?? activation }
    }

    struct Stage: Sendable {
        /// After ReLU and dropout; of the last stage the logits, and then their gradient.
        let output: Arena.Region
        /// Gradient of the stage's input.
        let inputGradient: Arena.Region
    }

    let input: Arena.Region
    let blocks: [Block]
    let unpooledGradient: Arena.Region
    /// The last map averaged for the mlp.
    let averaged: Arena.Region?
    let stages: [Stage]
    /// Gradient of the last tap.
    let featureGradient: Arena.Region
    let workspace: Arena.Region

    init(_ network: Network, shardSize: Int, plan: inout Arena.Plan) {
        input = plan.reserve(shardSize * network.inputCount)
        var blocks: [Block] = []
        for (index, block) in network.blocks.enumerated() {
            precondition(index == 0 || block.inputCount <= block.activationCount, "\(block.name) has more inputs than outputs")
            let hasBatchNorm = block.batchNorm != nil
            blocks.append(
                Block(
                    convolved: hasBatchNorm ? plan.reserve(shardSize * block.activationCount) : nil,
                    activation: plan.reserve(shardSize * block.activationCount),
                    pooled: block.isPooled ? plan.reserve(shardSize * block.outputCount) : nil,
                    inverseDeviation: hasBatchNorm ? plan.reserve(block.outputChannels) : nil))
        }
        self.blocks = blocks
        let largest = network.blocks.reduce(0) { $1.isPooled ? max($0, $1.activationCount) : $0 }
        unpooledGradient = plan.reserve(shardSize * largest)
        averaged = network.averagePool(batch: shardSize).map { plan.reserve($0.outputCount) }
        var stages: [Stage] = []
        for stage in network.stages {
            stages.append(
                Stage(output: plan.reserve(shardSize * stage.outputs), inputGradient: plan.reserve(shardSize * stage.inputs)))
        }
        self.stages = stages
        featureGradient = plan.reserve(shardSize * (network.taps.last?.count ?? 0))
        workspace = plan.reserve(network.workspaceCount(shardSize: shardSize))
    }
}
