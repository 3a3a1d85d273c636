import Coordination
import Datasets
import Diagnostics
import Foundation
import Kernels
import Networks
import Tensors

/// One lane's networks and buffers: it turns a shard of samples into a partial sum. What it yields depends on the weights,
/// the samples and the seed alone, never on what the lane did before.
final class ShardComputer {
    private let task: TaskDescription
    private let network: Network
    private let heads: HeadSet
    private var trainingLane: TrainingLane?
    private var headLanes: (frozen: InferenceLane, heads: HeadTrainingLane)?
    private var surveyLanes: (network: InferenceLane, heads: HeadTrainingLane)?

    init(_ task: TaskDescription) throws(Problem) {
        self.task = task
        network = try Network(task.model)
        heads = try HeadSet(network, labels: task.model.labels, headPool: task.headPool)
    }

    /// Samples as they travel: encoded bytes back to back, one label each, and who they are.
    struct Shard: Sendable {
        var samples: Data
        var labels: [Int32]
        /// Positions in the split; they key augmentation and dropout.
        var indices: [Int]
    }

    /// Forward, backward and batch statistics of one shard of a mini-batch of `batchCount` samples.
    func train(
        _ shard: Shard, batchCount: Int, step: Int, epoch: Int, seed: UInt64, augment: Bool, parameters: ParameterVector
    ) throws(Problem) -> PartialSum {
        let lane = trainingLane ?? TrainingLane(network, shardSize: task.trainingShardSize)
        trainingLane = lane
        try prepare(shard, epoch: epoch, seed: seed, augment: augment, into: lane.input)
        let gradients = ParameterVector(network.parameterLayout)
        let statistics = ParameterVector(network.statisticsLayout)
        let outcome = lane.run(
            sampleCount: shard.labels.count, labels: shard.labels, parameters: parameters, gradients: gradients,
            batchStatistics: statistics, gradientScale: 1 / Float(batchCount),
            dropout: DropoutContext(seed: seed, step: step, sampleIndices: shard.indices))
        // Weighted by samples, so that a last, smaller shard counts for what it is.
        scale(statistics.buffer, by: Float(shard.labels.count))
        return PartialSum(
            floats: [Figure.gradient: Tensor(gradients), Figure.batchStatistics: Tensor(statistics)],
            figures: [
                Figure.samples: Double(shard.labels.count), Figure.loss: outcome.lossSum, Figure.correct: Double(outcome.correct),
            ])
    }

    /// One forward pass of the frozen network and the gradient of every head.
    func trainHeads(
        _ shard: Shard, batchCount: Int, epoch: Int, seed: UInt64, augment: Bool, parameters: ParameterVector, statistics: ParameterVector,
        headParameters: ParameterVector
    ) throws(Problem) -> PartialSum {
        let lanes = headLanes ?? (
            InferenceLane(network, shardSize: task.trainingShardSize),
            HeadTrainingLane(heads, shardSize: task.trainingShardSize))
        headLanes = lanes
        try prepare(shard, epoch: epoch, seed: seed, augment: augment, into: lanes.frozen.input)
        _ = lanes.frozen.run(sampleCount: shard.labels.count, parameters: parameters, statistics: statistics)
        let gradients = ParameterVector(heads.layout)
        let outcomes = lanes.heads.run(
            lanes.frozen, labels: shard.labels, parameters: headParameters, gradients: gradients, gradientScale: 1 / Float(batchCount))
        var sum = PartialSum(
            floats: [Figure.gradient: Tensor(gradients)], figures: [Figure.samples: Double(shard.labels.count)])
        for (tap, outcome) in zip(network.taps, outcomes) {
            sum.figures[Figure.loss(of: tap.name)] = outcome.lossSum
            sum.figures[Figure.correct(of: tap.name)] = Double(outcome.correct)
        }
        return sum
    }

    /// Test samples through the network as it is used: accuracy, and on request every head's accuracy and the sums of
    /// activations by label, layer by layer.
    func survey(
        _ shard: Shard, parameters: ParameterVector, statistics: ParameterVector, headParameters: ParameterVector?,
        wantLabelSums: Bool
    ) throws(Problem) -> PartialSum {
        let lanes = surveyLanes ?? (
            InferenceLane(network, shardSize: task.surveyShardSize),
            HeadTrainingLane(heads, shardSize: task.surveyShardSize))
        surveyLanes = lanes
        try prepare(shard, epoch: 0, seed: 0, augment: false, into: lanes.network.input)
        let count = shard.labels.count
        let labelCount = task.model.labels
        let logits = lanes.network.run(sampleCount: count, parameters: parameters, statistics: statistics)
        let quality = softmaxCrossEntropy(
            logits: logits, labels: shard.labels, logitsGradient: nil, rows: count, classes: labelCount, gradientScale: 1)
        let top5 = (0..<count).count { row in
            labelRank(logits: logits, row: row, classes: labelCount, label: shard.labels[row]) < 5
        }
        var sum = PartialSum(figures: [
            Figure.samples: Double(count), Figure.loss: quality.lossSum, Figure.correct: Double(quality.correct),
            Figure.correctTop5: Double(top5),
        ])
        if let headParameters {
            let outcomes = lanes.heads.evaluate(lanes.network, labels: shard.labels, parameters: headParameters)
            for (tap, outcome) in zip(network.taps, outcomes) {
                sum.figures[Figure.correct(of: tap.name)] = Double(outcome.correct)
            }
        }
        if wantLabelSums {
            var counts = [Double](repeating: 0, count: labelCount)
            for label in shard.labels { counts[Int(label)] += 1 }
            sum.doubles[Figure.labelCounts] = counts
            for (index, tap) in network.taps.enumerated() {
                let width = tap.height * tap.width * tap.channels
                var sums = [Double](repeating: 0, count: labelCount * width)
                accumulateLabelSums(
                    sums: &sums, activations: lanes.network.tap(index), labels: shard.labels, count: count, width: width)
                sum.doubles[Figure.labelSums(of: tap.name)] = sums
            }
        }
        return sum
    }

    private func prepare(_ shard: Shard, epoch: Int, seed: UInt64, augment: Bool, into input: FloatBuffer) throws(Problem) {
        try task.preprocessing.prepareShard(
            shard.samples, into: input, sampleIndices: shard.indices, epoch: epoch, seed: seed, augment: augment)
    }
}
