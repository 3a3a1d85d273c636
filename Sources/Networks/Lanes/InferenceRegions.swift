import Tensors

/// Where an inference lane keeps what.
struct InferenceRegions {
    let input: Arena.Region
    /// One a block of a VGG: its own where taps are kept, else two that blocks take in turn. An EfficientNet's taps, where they are
    /// kept.
    let taps: [Arena.Region]
    let inverted: InvertedInferenceRegions?
    /// A block's batch norm folded: every filter's factor, and its bias.
    let factors: Arena.Region
    let bias: Arena.Region
    let averaged: Arena.Region?
    let stages: [Arena.Region]
    let workspace: Arena.Region

    init(_ network: Network, shardSize: Int, keepsTaps: Bool, plan: inout Arena.Plan) {
        input = plan.reserve(shardSize * network.inputCount)
        inverted = network.inverted.map {
            InvertedInferenceRegions($0, shardSize: shardSize, keepsTaps: keepsTaps, plan: &plan)
        }
        if let features = network.inverted, let inverted {
            taps = inverted.taps(features)
        } else if keepsTaps {
            var taps: [Arena.Region] = []
            for tap in network.taps { taps.append(plan.reserve(shardSize * tap.count)) }
            self.taps = taps
        } else {
            let largest = shardSize * network.taps.reduce(0) { max($0, $1.count) }
            let pair = [plan.reserve(largest), plan.reserve(largest)]
            taps = network.taps.indices.map { pair[$0 % 2] }
        }
        let filters = network.blocks.reduce(0) { max($0, $1.outputChannels) }
        factors = plan.reserve(filters)
        bias = plan.reserve(filters)
        averaged = network.averagedCount.map { plan.reserve(shardSize * $0) }
        var stages: [Arena.Region] = []
        for stage in network.stages { stages.append(plan.reserve(shardSize * stage.outputs)) }
        self.stages = stages
        workspace = plan.reserve(network.workspaceCount(shardSize: shardSize) { plan, block in
            plan.inferenceWorkspaceCount(pooled: block.isPooled)
        })
    }
}
