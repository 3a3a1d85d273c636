import Datasets
import Diagnostics
import Foundation
import Kernels
import Networks
import Reporting
import Tensors

/// `filterscope evaluate`: a user's network on the test split of a data set.
public func evaluate(_ options: EvaluateOptions) throws -> ExitCode {
    let subject = try UserNetwork(options.model, weights: options.weights, dataset: options.dataset)
    let progress = ProgressBar()
    let evaluation = Evaluation(subject, keepsLogits: options.logits != nil)
    let result = try evaluation.run(threads: options.threads ?? ProcessInfo.processInfo.activeProcessorCount) { done, total in
        guard options.verbosity > .quiet else { return }
        progress.show(ProgressLine(label: "evaluating", done: done, total: total, unit: "samples"))
    }
    progress.clear()
    if let path = options.logits, let logits = evaluation.logits {
        var writer = SafetensorsWriter(metadata: ["dataset": result.dataset, "model": result.model])
        writer.add(logits)
        try writer.write(to: path)
    }
    try writeResult(result, text: result.text, json: options.json)
    return .done
}

/// One pass of a network over a test split, in shards of a fixed size, on any number of threads: the same bits on all.
private final class Evaluation: Sendable {
    private struct ShardFigures: Sendable {
        var correct = 0
        var correctTop5 = 0
        var lossSum = 0.0
    }

    /// Samples in one pass; the last shard may have fewer. Part of the results: products of other sizes differ in their last bits.
    private static let shardSize = 100

    private let subject: UserNetwork
    /// "logits" [N, K], row n for sample n of the split.
    let logits: ParameterVector?

    init(_ subject: UserNetwork, keepsLogits: Bool) {
        self.subject = subject
        let shape: Shape = [subject.dataset.split(.test).count, subject.network.specification.labels]
        logits = keepsLogits ? ParameterVector(TensorLayout([("logits", shape)])) : nil
    }

    func run(threads: Int, progress: (_ done: Int, _ total: Int) -> Void) throws(Problem) -> EvaluationResult {
        let (network, count) = (subject.network, subject.dataset.split(.test).count)
        let preprocessing = subject.dataset.preprocessing.refusingDamage
        let note = subject.accuracyNote(labels: network.specification.labels)
        let shards = (count + Self.shardSize - 1) / Self.shardSize
        let figures = try forEachShard(
            count: shards, lanes: threads, makeContext: { _ in
                (InferenceLane(network, shardSize: Self.shardSize, keepsTaps: false), SamplePreparer(preprocessing))
            },
            progress: { progress(min($0 * Self.shardSize, count), count) },
            body: { (context, shard) throws(Problem) in
                let range = shard * Self.shardSize..<min((shard + 1) * Self.shardSize, count)
                return try self.compute(range, context.0, context.1, compare: note == nil)
            })
        func share(_ figure: (ShardFigures) -> Int) -> Double? {
            note == nil ? Double(figures.reduce(0) { $0 + figure($1) }) / Double(count) : nil
        }
        let loss = figures.reduce(0) { $0 + $1.lossSum } / Double(count)
        return EvaluationResult(
            model: network.specification.summary, labels: network.specification.labels,
            dataset: subject.dataset.specification.description, samples: count, accuracy: share(\.correct),
            top5Accuracy: share(\.correctTop5), loss: note == nil && loss.isFinite ? loss : nil, accuracyNote: note)
    }

    private func compute(_ range: Range<Int>, _ lane: InferenceLane, _ preparer: SamplePreparer, compare: Bool) throws(Problem) -> ShardFigures {
        let split = subject.dataset.split(.test)
        let length = range.count * preparer.preprocessing.outputCount
        try preparer.prepareShard(
            try split.samples(range), into: lane.input.slice(0, length), sampleIndices: Array(range),
            epoch: 0, seed: 0, augment: false)
        let output = lane.run(sampleCount: range.count, parameters: subject.parameters, statistics: subject.statistics)
        let classes = subject.network.specification.labels
        logits?.buffer.slice(range.lowerBound * classes, range.count * classes).copy(from: output)
        guard compare else { return ShardFigures() }
        let labels = Array(split.labels[range])
        let (lossSum, correct) = softmaxCrossEntropy(
            logits: output, labels: labels, logitsGradient: nil, rows: range.count, classes: classes, gradientScale: 1)
        let top5 = labels.indices.count { labelRank(logits: output, row: $0, classes: classes, label: labels[$0]) < 5 }
        return ShardFigures(correct: correct, correctTop5: top5, lossSum: lossSum)
    }
}
