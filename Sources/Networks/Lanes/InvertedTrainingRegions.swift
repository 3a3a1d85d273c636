import Kernels
import Tensors

/// Where a training lane keeps what of an EfficientNet: of each block the outputs of its convolutions, from which the way back makes what
/// else it needs, and what the next block reads.
struct InvertedTrainingRegions: Sendable {
    /// Of a convolution with a batch norm behind it.
    struct Map: Sendable {
        let convolved: Arena.Region
        let coefficients: Arena.Region
        let channels: Int
    }

    struct Block: Sendable {
        let expanded: Map
        let depthwise: Map
        let projected: Map
        let output: Arena.Region
        let means: Arena.Region
        let hidden: Arena.Region
        let gates: Arena.Region
        /// Takes the gradient of the block's output.
        let outputGradient: Arena.Region
        /// What stochastic depth multiplies each sample with.
        let sampleFactors: Arena.Region
    }

    /// A shard's own gradients of a pointwise convolution or the stem, and of a squeeze-excitation, before they are added to another's.
    struct OwnGradients: Sendable {
        let weight: Arena.Region
        let reduce: Arena.Region
        let reduceBias: Arena.Region
        let expand: Arena.Region
        let expandBias: Arena.Region
    }

    let blocks: [Block]
    let head: Map
    /// Gradients of normalised maps: of the head's or a block's expanded one, and of the one behind a depthwise convolution.
    let expandedGradient: Arena.Region
    let depthwiseGradient: Arena.Region
    /// The gradient of an output behind stochastic depth.
    let scaledGradient: Arena.Region
    let ownGradients: OwnGradients

    init(_ features: InvertedFeatures, shardSize: Int, plan: inout Arena.Plan) {
        func map(_ count: Int, _ channels: Int) -> Map {
            Map(
                convolved: plan.reserve(shardSize * count),
                coefficients: plan.reserve(ChannelCoefficients.count(channels: channels)), channels: channels)
        }
        // Blocks take the two in turn: one is read while the other is written.
        let largest = shardSize * features.blocks.reduce(0) { max($0, $1.outputCount) }
        let gradients = [plan.reserve(largest), plan.reserve(largest)]
        var blocks: [Block] = []
        for block in features.blocks {
            blocks.append(
                Block(
                    expanded: map(block.expandedCount, block.expandedChannels),
                    depthwise: map(block.depthwiseCount, block.expandedChannels),
                    projected: map(block.outputCount, block.outputChannels), output: plan.reserve(shardSize * block.outputCount),
                    means: plan.reserve(shardSize * block.expandedChannels),
                    hidden: plan.reserve(shardSize * block.excitation.squeezedChannels),
                    gates: plan.reserve(shardSize * block.expandedChannels), outputGradient: gradients[block.index % 2],
                    sampleFactors: plan.reserve(shardSize)))
        }
        self.blocks = blocks
        head = map(features.headCount, features.headChannels)
        expandedGradient = plan.reserve(shardSize * features.blocks.reduce(features.headCount) { max($0, $1.expandedCount) })
        depthwiseGradient = plan.reserve(shardSize * features.blocks.reduce(0) { max($0, $1.depthwiseCount) })
        scaledGradient = plan.reserve(largest)
        func own(_ counts: (InvertedBlock) -> Int) -> Arena.Region { plan.reserve(features.blocks.map(counts).max() ?? 0) }
        ownGradients = OwnGradients(
            weight: plan.reserve(features.blocks.reduce(features.head.weight.count) {
                max($0, $1.expansion.weight.count, $1.projection.weight.count)
            }),
            reduce: own { $0.excitation.reduce.count }, reduceBias: own { $0.excitation.reduceBias.count },
            expand: own { $0.excitation.expand.count }, expandBias: own { $0.excitation.expandBias.count })
    }
}

extension InvertedFeatures {
    /// The most floats of workspace that a training kernel of any block asks for, for any shard of up to `shardSize` samples.
    func trainingWorkspaceCount(shardSize: Int) -> Int {
        (1...shardSize).reduce(0) { largest, batch in
            let blocks = blocks.flatMap { block in
                [
                    block.index == 0 ? stemWorkspaceCount(stemGeometry(batch: batch))
                        : pointwiseWorkspaceCount(block.expansionGeometry(batch: batch)),
                    depthwiseWorkspaceCount(block.depthwiseGeometry(batch: batch)),
                    excitedProjectionWorkspaceCount(block.excitationGeometry(batch: batch)),
                ]
            }
            return blocks.reduce(max(largest, pointwiseWorkspaceCount(headGeometry(batch: batch))), max)
        }
    }
}
