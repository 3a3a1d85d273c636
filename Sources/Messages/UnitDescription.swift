import Foundation

/// What a unit asks for. In JSON `{"kind": "train", "details": {…}}`.
public enum UnitDescription: Hashable, Sendable {
    /// Gradient, statistics, loss and correct count of a tree node's shards of one step of the network's training.
    case train(TrainUnit)
    /// The same of one step of the heads' training.
    case heads(TrainUnit)
    /// One pass over test samples: correct counts, and sums of activations by label.
    case survey(SurveyUnit)
    /// Single-filter figures of a range of filters of one layer.
    case filters(FilterUnit)

    public var kind: String {
        switch self {
        case .train: "train"
        case .heads: "heads"
        case .survey: "survey"
        case .filters: "filters"
        }
    }
}

/// A node of the reduction tree: level 0 holds the shards, node i of level l + 1 the sum of 2i and 2i + 1 of level l.
public struct TreeNode: Hashable, Codable, Sendable {
    public var level: Int
    public var index: Int

    public init(level: Int, index: Int) {
        self.level = level
        self.index = index
    }
}

/// One shard of a mini-batch.
public struct ShardSlice: Hashable, Codable, Sendable {
    /// The shard's place in the mini-batch, from 0.
    public var index: Int
    /// Which samples of the split it holds, in order.
    public var sampleIndices: [Int]

    public init(index: Int, sampleIndices: [Int]) {
        self.index = index
        self.sampleIndices = sampleIndices
    }
}

/// The part of a tree of shards that a unit sums up.
public struct TreePart: Hashable, Codable, Sendable {
    /// Which sum the result is.
    public var node: TreeNode
    /// Leaves of the whole tree; with it, where a node at the right edge ends.
    public var shardCount: Int
    /// The node's shards, by ascending index.
    public var shards: [ShardSlice]

    public init(node: TreeNode, shardCount: Int, shards: [ShardSlice]) {
        self.node = node
        self.shardCount = shardCount
        self.shards = shards
    }
}

public struct TrainUnit: Hashable, Codable, Sendable {
    public var step: Int
    public var epoch: Int
    /// Samples in the whole mini-batch: gradients are divided by it, not by what this unit holds.
    public var batchCount: Int
    /// What augmentation and dropout draw from.
    public var seed: UInt64
    public var augment: Bool
    public var part: TreePart

    public init(step: Int, epoch: Int, batchCount: Int, seed: UInt64, augment: Bool, part: TreePart) {
        self.step = step
        self.epoch = epoch
        self.batchCount = batchCount
        self.seed = seed
        self.augment = augment
        self.part = part
    }
}

public struct SurveyUnit: Hashable, Codable, Sendable {
    /// Whether the accuracy of every layer's head is wanted.
    public var wantHeads: Bool
    /// Whether the activations' sums by label are wanted, layer by layer.
    public var wantLabelSums: Bool
    public var part: TreePart

    public init(wantHeads: Bool, wantLabelSums: Bool, part: TreePart) {
        self.wantHeads = wantHeads
        self.wantLabelSums = wantLabelSums
        self.part = part
    }
}

public struct FilterUnit: Hashable, Codable, Sendable {
    public var layer: String
    public var firstFilter: Int
    public var filterCount: Int
    /// A field element counts where it is more than this share of the largest.
    public var threshold: Double
    /// Further thresholds, of which the layer's figures are wanted and no filters; nil where there are none.
    public var thresholds: [Double]?
    public var labels: Int
    /// Positions of the layer's map, H·W (after the head's pooling).
    public var positions: Int

    public init(
        layer: String, firstFilter: Int, filterCount: Int, threshold: Double, thresholds: [Double]? = nil, labels: Int, positions: Int
    ) {
        self.layer = layer
        self.firstFilter = firstFilter
        self.filterCount = filterCount
        self.threshold = threshold
        self.thresholds = thresholds
        self.labels = labels
        self.positions = positions
    }
}
