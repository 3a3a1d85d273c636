import Coordination
import Datasets
import Diagnostics
import Mechanism
import Messages
import Networks
import Tensors

/// One pass of the frozen network over the test split: its accuracy and, on request, that of every head and the mean
/// activation of every label at every layer.
struct Survey {
    struct Outcome {
        /// Those that were counted: damaged ones may have been left out.
        let samples: Int
        /// The network's own; nil where its labels are not the samples'.
        let network: NetworkAccuracy?
        /// Per head, in order; empty where heads were not asked for.
        let headAccuracies: [Double]
        /// Per head, in order, of what the head sees; empty where label sums were not asked for.
        let labelMeans: [LabelMeans]
        /// Lane time of the forward passes.
        let forwardSeconds: Double
    }

    let split: Split
    let shardSize: Int
    let waitSeconds: Double

    func run(
        _ headSet: HeadSet, parameters: ParameterVector, statistics: ParameterVector, heads: ParameterVector?, wantLabelSums: Bool,
        on cluster: Cluster
    ) throws -> Outcome {
        var needs = [
            cluster.publish(ParameterSet.network, parameters),
            cluster.publish(ParameterSet.statistics, statistics),
        ]
        if let heads { needs.append(cluster.publish(ParameterSet.heads, heads)) }
        let order = wantLabelSums ? samplesByLabel : Array(0..<split.count)
        let shards = stride(from: 0, to: order.count, by: shardSize).map { Array(order[$0..<min($0 + shardSize, order.count)]) }
        guard !shards.isEmpty else { throw Problem("the split has no samples", remedy: "give a data set with a test split") }
        let inputs = headSet.heads.reduce(0) { $0 + $1.inputs }
        cluster.expectResults(ofBytes: wantLabelSums ? headSet.labels * (inputs + 1) * MemoryLayout<Double>.size : 0)
        defer { cluster.expectResults(ofBytes: 0) }
        let work = ShardedWork(split: split, shards: shards, on: cluster, unitsPerWorker: 4) { part in
            .survey(SurveyUnit(wantHeads: heads != nil, wantLabelSums: wantLabelSums, part: part))
        }
        let sum = try work.sum(on: cluster, needs: needs, interruptible: true, waitSeconds: waitSeconds)
        return Outcome(
            samples: try sum.samples(atMost: split.count), network: try networkAccuracy(sum),
            headAccuracies: heads == nil ? [] : try headSet.heads.map { try share(sum, Figure.correct(of: $0.layer)) },
            labelMeans: wantLabelSums ? try headSet.heads.map { try labelMeans(sum, $0, labels: headSet.labels) } : [],
            forwardSeconds: sum.figures[Figure.forwardSeconds] ?? 0)
    }

    /// One label's samples after the other's, so that a shard has few labels: a label's sums take as much memory as an image's
    /// activations, and those of all labels K times as much.
    private var samplesByLabel: [Int] { (0..<split.count).sorted { (split.labels[$0], $0) < (split.labels[$1], $1) } }

    private func networkAccuracy(_ sum: PartialSum) throws(Problem) -> NetworkAccuracy? {
        guard sum.figures[Figure.correct] != nil else { return nil }
        return NetworkAccuracy(
            top1: try share(sum, Figure.correct), top5: try share(sum, Figure.correctTop5), loss: try share(sum, Figure.loss))
    }

    /// A figure's mean over the samples of the split that were not left out.
    private func share(_ sum: PartialSum, _ figure: String) throws(Problem) -> Double {
        guard let value = sum.figures[figure] else { throw Problem("the workers' survey lacks \(figure)") }
        return value / Double(try sum.samples(atMost: split.count))
    }

    private func labelMeans(_ sum: PartialSum, _ head: Head, labels: Int) throws(Problem) -> LabelMeans {
        let expected = LabelMeans(labels: labels, height: head.height, width: head.width, filters: head.channels)
        guard let means = sum.labelSums[head.layer], means.matches(expected) else {
            throw Problem("the workers' survey lacks the label sums of \(head.layer), or they have another size")
        }
        return means
    }
}
