import Foundation

/// What a unit asks for. In JSON `{"kind": "train", "details": {…}}`.
public enum UnitDescription: Hashable, Sendable {
    /// Gradient, statistics, loss and correct count of a tree node's shards of one step of the network's training.
    case train(TrainUnit)
    /// The same of one step of the heads' training.
    case heads(TrainUnit)
    /// One pass over a range of samples: label sums, correct counts, logits.
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

public struct TrainUnit: Hashable, Codable, Sendable {
    /// The recipe's name of the phase, such as `train`; part of what random numbers are keyed by.
    public var phase: String
    public var step: Int
    public var epoch: Int
    /// Which sum the result is.
    public var node: TreeNode
    /// Samples in the whole mini-batch: gradients are divided by it, not by what this unit holds.
    public var batchCount: Int
    public var seed: UInt64
    public var augment: Bool
    /// The node's shards, by ascending index.
    public var shards: [ShardSlice]

    public init(
        phase: String, step: Int, epoch: Int, node: TreeNode, batchCount: Int, seed: UInt64, augment: Bool, shards: [ShardSlice]
    ) {
        self.phase = phase
        self.step = step
        self.epoch = epoch
        self.node = node
        self.batchCount = batchCount
        self.seed = seed
        self.augment = augment
        self.shards = shards
    }
}

public struct SurveyUnit: Hashable, Codable, Sendable {
    /// Position of the first sample in the survey's order, and how many follow from it.
    public var first: Int
    public var count: Int
    /// Which samples of the split these are; as many as `count`.
    public var sampleIndices: [Int]
    public var wantLogits: Bool
    public var wantLabelSums: Bool
    public var wantHeads: Bool
    /// `train` or `test`.
    public var split: String

    public init(
        first: Int, count: Int, sampleIndices: [Int], wantLogits: Bool, wantLabelSums: Bool, wantHeads: Bool, split: String
    ) {
        self.first = first
        self.count = count
        self.sampleIndices = sampleIndices
        self.wantLogits = wantLogits
        self.wantLabelSums = wantLabelSums
        self.wantHeads = wantHeads
        self.split = split
    }
}

public struct FilterUnit: Hashable, Codable, Sendable {
    public var layer: String
    public var firstFilter: Int
    public var filterCount: Int
    /// A field element counts where it is more than this share of the largest.
    public var threshold: Double
    public var labels: Int
    /// Positions of the layer's map, H·W (after the head's pooling).
    public var positions: Int

    public init(layer: String, firstFilter: Int, filterCount: Int, threshold: Double, labels: Int, positions: Int) {
        self.layer = layer
        self.firstFilter = firstFilter
        self.filterCount = filterCount
        self.threshold = threshold
        self.labels = labels
        self.positions = positions
    }
}
