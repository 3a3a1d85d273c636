import Kernels
import Tensors

/// Where an inference lane keeps what of an EfficientNet. Expanded maps, the largest by far, are there for a few samples at a time, so
/// that they stay in the caches between the kernels that write and read them.
struct InvertedInferenceRegions {
    /// A block's output: its own where its stage's tap is kept, else two that blocks take in turn.
    let outputs: [Arena.Region]
    /// The stem's and the head's maps where taps are kept.
    let stem: Arena.Region?
    let head: Arena.Region?
    /// The expanded map of a group of samples, and the one behind the depthwise convolution.
    let expanded: Arena.Region
    let depthwise: Arena.Region
    /// Of a group's squeeze-excitation.
    let means: Arena.Region
    let hidden: Arena.Region
    let gates: Arena.Region
    /// Folded batch norms of the three convolutions of a block: factors, then biases.
    let folded: [Arena.Region]
    let workspace: Arena.Region

    /// Floats of an expanded map that a group may have: 2 MiB, what two threads leave each other of a cache.
    private static let groupCount = 1 << 19

    init(_ features: InvertedFeatures, shardSize: Int, keepsTaps: Bool, plan: inout Arena.Plan) {
        let largest = shardSize * features.blocks.reduce(0) { max($0, $1.outputCount) }
        let pair = [plan.reserve(largest), plan.reserve(largest)]
        var outputs: [Arena.Region] = []
        for block in features.blocks {
            outputs.append(keepsTaps && block.endsStage ? plan.reserve(shardSize * block.outputCount) : pair[block.index % 2])
        }
        self.outputs = outputs
        stem = keepsTaps ? plan.reserve(shardSize * features.blocks[0].expandedCount) : nil
        head = keepsTaps ? plan.reserve(shardSize * features.headCount) : nil
        func groups(_ block: InvertedBlock) -> Int { Self.groupSize(block.expandedCount, shardSize) }
        let headGroup = Self.groupSize(features.headCount, shardSize) * features.headCount
        expanded = plan.reserve(features.blocks.reduce(headGroup) { max($0, groups($1) * $1.expandedCount) })
        depthwise = plan.reserve(features.blocks.reduce(0) { max($0, groups($1) * $1.depthwiseCount) })
        means = plan.reserve(features.blocks.reduce(0) { max($0, groups($1) * $1.expandedChannels) })
        gates = plan.reserve(features.blocks.reduce(0) { max($0, groups($1) * $1.expandedChannels) })
        hidden = plan.reserve(features.blocks.reduce(0) { max($0, groups($1) * $1.excitation.squeezedChannels) })
        let widest = features.batchNorms.reduce(0) { max($0, $1.scale.count) }
        folded = [plan.reserve(2 * widest), plan.reserve(2 * widest), plan.reserve(2 * widest)]
        workspace = plan.reserve(features.inferenceWorkspaceCount(shardSize: shardSize))
    }

    /// How many samples are computed together where each has so large an expanded map.
    static func groupSize(_ expandedCount: Int, _ shardSize: Int) -> Int { min(shardSize, max(1, groupCount / expandedCount)) }

    /// The regions of the taps, in their order.
    func taps(_ features: InvertedFeatures) -> [Arena.Region] {
        guard let stem, let head else { return [] }
        return [stem] + features.blocks.filter(\.endsStage).map { outputs[$0.index] } + [head]
    }
}

extension InvertedFeatures {
    /// The most floats of workspace that an inference kernel of any block asks for.
    fileprivate func inferenceWorkspaceCount(shardSize: Int) -> Int {
        (1...shardSize).reduce(0) { largest, batch in
            let blocks = blocks.filter { batch <= InvertedInferenceRegions.groupSize($0.expandedCount, shardSize) }.flatMap { block in
                [
                    block.index == 0 ? stemWorkspaceCount(stemGeometry(batch: batch))
                        : pointwiseWorkspaceCount(block.expansionGeometry(batch: batch)),
                    depthwiseWorkspaceCount(block.depthwiseGeometry(batch: batch)),
                    pointwiseWorkspaceCount(block.projectionGeometry(batch: batch)),
                ]
            }
            let head = batch <= InvertedInferenceRegions.groupSize(headCount, shardSize)
                ? pointwiseWorkspaceCount(headGeometry(batch: batch)) : 0
            return blocks.reduce(max(largest, head), max)
        }
    }
}
