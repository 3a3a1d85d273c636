import Coordination
import Datasets
import Diagnostics
import Foundation
import Kernels
import Mechanism
import Networks
import Tensors

/// One lane's networks and buffers: it turns a shard of samples into a partial sum. What it yields depends on the weights,
/// the samples and the seed alone, never on what the lane did before.
final class ShardComputer {
    private let task: TaskDescription
    private let network: Network
    private let heads: HeadSet
    private let pool: StoragePool
    private let preparer: SamplePreparer
    private var trainingLane: TrainingLane?
    private var headLanes: (frozen: InferenceLane, heads: HeadTrainingLane)?
    private var surveyLanes: (network: InferenceLane, heads: HeadTrainingLane)?

    /// - Parameter pool: where the sums find memory.
    init(_ task: TaskDescription, pool: StoragePool) throws(Problem) {
        self.task = task
        self.pool = pool
        network = try Network(task.model)
        heads = try task.headSet(of: network)
        preparer = Feeder.preparer(task.preprocessing)
    }

    /// Forward, backward and batch statistics of a shard, or of two neighbours, of a mini-batch of `batchCount` samples. The second's
    /// gradient is added to the first's as it is made, with the bits of two that are added afterwards.
    func train(
        _ shards: [ShardFeed], from feeder: Feeder, batchCount: Int, step: Int, seed: UInt64, parameters: ParameterVector
    ) throws(Problem) -> PartialSum {
        let lane = trainingLane ?? TrainingLane(network, shardSize: task.trainingShardSize)
        trainingLane = lane
        let gradients = ParameterVector(network.parameterLayout, from: pool)
        var sum: PartialSum?
        for shard in shards {
            let shard = try feeder.take(shard, into: lane.input, with: preparer)
            let statistics = ParameterVector(network.statisticsLayout)
            let outcome = lane.run(
                sampleCount: shard.labels.count, labels: shard.labels, shares: shard.shares,
                labelSmoothing: task.labelSmoothing ?? 0, parameters: parameters, gradients: gradients, adds: sum != nil,
                batchStatistics: statistics, gradientScale: 1 / Float(batchCount),
                dropout: DropoutContext(seed: seed, step: step, sampleIndices: shard.indices))
            // Weighted by samples, so that a last, smaller shard counts for what it is.
            scale(statistics.buffer, by: Float(shard.labels.count))
            let own = PartialSum(
                floats: [Figure.batchStatistics: Tensor(adopting: statistics)],
                figures: [
                    Figure.samples: Double(shard.labels.count), Figure.loss: outcome.lossSum, Figure.correct: Double(outcome.correct),
                ])
            if sum == nil { sum = own } else { sum?.add(own, from: pool) }
        }
        guard var sum else { throw Problem("a unit of no shards") }
        sum.floats[Figure.gradient] = Tensor(adopting: gradients)
        return sum
    }

    /// One forward pass of the frozen network and the gradient of every head.
    func trainHeads(
        _ shard: ShardFeed, from feeder: Feeder, batchCount: Int, parameters: ParameterVector, statistics: ParameterVector,
        headParameters: ParameterVector
    ) throws(Problem) -> PartialSum {
        let lanes = headLanes ?? (
            InferenceLane(network, shardSize: task.trainingShardSize),
            HeadTrainingLane(heads, shardSize: task.trainingShardSize))
        headLanes = lanes
        let shard = try feeder.take(shard, into: lanes.frozen.input, with: preparer)
        _ = lanes.frozen.run(sampleCount: shard.labels.count, parameters: parameters, statistics: statistics)
        let gradients = ParameterVector(heads.layout, from: pool)
        let outcomes = lanes.heads.run(
            lanes.frozen, labels: shard.labels, shares: shard.shares, parameters: headParameters, gradients: gradients,
            gradientScale: 1 / Float(batchCount))
        var sum = PartialSum(
            floats: [Figure.gradient: Tensor(adopting: gradients)], figures: [Figure.samples: Double(shard.labels.count)])
        for (head, outcome) in zip(heads.heads, outcomes) {
            sum.figures[Figure.loss(of: head.layer)] = outcome.lossSum
            sum.figures[Figure.correct(of: head.layer)] = Double(outcome.correct)
        }
        return sum
    }

    /// Test samples through the network as it is used: accuracy, and on request every head's accuracy and the sums of
    /// activations by label, layer by layer.
    func survey(
        _ shard: ShardFeed, from feeder: Feeder, parameters: ParameterVector, statistics: ParameterVector,
        headParameters: ParameterVector?, wantLabelSums: Bool
    ) throws(Problem) -> PartialSum {
        // Making the forward passes' memory is part of them.
        let making = ContinuousClock.now
        let lanes = surveyLanes ?? (
            InferenceLane(network, shardSize: task.surveyShardSize),
            HeadTrainingLane(heads, shardSize: task.surveyShardSize))
        surveyLanes = lanes
        let made = making.duration(to: .now)
        let shard = try feeder.take(shard, into: lanes.network.input, with: preparer)
        let start = ContinuousClock.now
        let logits = lanes.network.run(sampleCount: shard.labels.count, parameters: parameters, statistics: statistics)
        var figures = [
            Figure.samples: Double(shard.labels.count), Figure.forwardSeconds: (made + start.duration(to: .now)) / .seconds(1),
        ]
        if task.judgesNetwork { judge(logits, shard.labels, &figures) }
        if let headParameters {
            let outcomes = lanes.heads.evaluate(lanes.network, labels: shard.labels, parameters: headParameters)
            for (head, outcome) in zip(heads.heads, outcomes) {
                figures[Figure.correct(of: head.layer)] = Double(outcome.correct)
            }
        }
        return PartialSum(
            labelSums: wantLabelSums ? labelSums(lanes.network, lanes.heads, shard.labels) : [:], figures: figures)
    }

    private func judge(_ logits: FloatBuffer, _ labels: [Int32], _ figures: inout [String: Double]) {
        let classes = task.model.labels
        let quality = softmaxCrossEntropy(
            logits: logits, labels: labels, logitsGradient: nil, rows: labels.count, classes: classes, gradientScale: 1)
        let top5 = labels.indices.count { labelRank(logits: logits, row: $0, classes: classes, label: labels[$0]) < 5 }
        figures[Figure.loss] = quality.lossSum
        figures[Figure.correct] = Double(quality.correct)
        figures[Figure.correctTop5] = Double(top5)
    }

    /// Sums by label of what the heads see: the layer's map, or its average where the head pools.
    private func labelSums(_ lane: InferenceLane, _ headLane: HeadTrainingLane, _ labels: [Int32]) -> [String: LabelMeans] {
        var sums: [String: LabelMeans] = [:]
        for (index, head) in heads.heads.enumerated() {
            var layer = LabelMeans(labels: task.labels, height: head.height, width: head.width, filters: head.channels)
            layer.accumulate(activations: headLane.features(index, of: lane), labels: labels)
            sums[head.layer] = layer
        }
        return sums
    }
}
