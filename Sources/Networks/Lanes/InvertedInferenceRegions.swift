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
    /// One for each of a block's kernels, so that packed weights stay there from one group to the next.
    let expansionWorkspace: Arena.Region
    let depthwiseWorkspace: Arena.Region
    let projectionWorkspace: Arena.Region

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
        let workspaces = features.inferenceWorkspaceCounts(shardSize: shardSize)
        expansionWorkspace = plan.reserve(workspaces.expansion)
        depthwiseWorkspace = plan.reserve(workspaces.depthwise)
        projectionWorkspace = plan.reserve(workspaces.projection)
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
    /// The most floats of workspace that an inference kernel of any block, or of the head, asks for.
    fileprivate func inferenceWorkspaceCounts(shardSize: Int) -> (expansion: Int, depthwise: Int, projection: Int) {
        var counts = (expansion: 0, depthwise: 0, projection: 0)
        for batch in 1...shardSize {
            for block in blocks where batch <= InvertedInferenceRegions.groupSize(block.expandedCount, shardSize) {
                counts.expansion = max(
                    counts.expansion,
                    block.index == 0 ? stemWorkspaceCount(stemGeometry(batch: batch))
                        : pointwiseWorkspaceCount(block.expansionGeometry(batch: batch)))
                counts.depthwise = max(counts.depthwise, depthwiseWorkspaceCount(block.depthwiseGeometry(batch: batch)))
                counts.projection = max(counts.projection, pointwiseWorkspaceCount(block.projectionGeometry(batch: batch)))
            }
            if batch <= InvertedInferenceRegions.groupSize(headCount, shardSize) {
                counts.expansion = max(counts.expansion, pointwiseWorkspaceCount(headGeometry(batch: batch)))
            }
        }
        return counts
    }
}
