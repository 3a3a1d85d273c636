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
        let samples: Int
        /// Mean cross-entropy of the network.
        let loss: Double
        let accuracy: Double
        let top5Accuracy: Double
        /// Per layer, in order; empty where heads were not asked for.
        let headAccuracies: [Double]
        /// Per layer, in order; empty where label sums were not asked for.
        let labelMeans: [LabelMeans]
    }

    let split: Split
    let shardSize: Int
    let waitSeconds: Double

    func run(
        _ network: Network, parameters: ParameterVector, statistics: ParameterVector, heads: ParameterVector?, wantLabelSums: Bool,
        on cluster: Cluster
    ) throws -> Outcome {
        var needs = [
            cluster.publish(ParameterSet.network, [WireTensor(parameters)]),
            cluster.publish(ParameterSet.statistics, [WireTensor(statistics)]),
        ]
        if let heads { needs.append(cluster.publish(ParameterSet.heads, [WireTensor(heads)])) }
        let shards = stride(from: 0, to: split.count, by: shardSize).map { first in
            Array(first..<min(first + shardSize, split.count))
        }
        guard !shards.isEmpty else { throw Problem("the split has no samples", remedy: "give a data set with a test split") }
        let work = ShardedWork(split: split, shards: shards, needs: needs) { part in
            .survey(SurveyUnit(wantHeads: heads != nil, wantLabelSums: wantLabelSums, part: part))
        }
        let sum = try work.sum(on: cluster, unitsPerWorker: 4, interruptible: true, waitSeconds: waitSeconds)
        return try outcome(of: sum, network, wantHeads: heads != nil, wantLabelSums: wantLabelSums)
    }

    private func outcome(of sum: PartialSum, _ network: Network, wantHeads: Bool, wantLabelSums: Bool) throws -> Outcome {
        func share(_ figure: String) throws(Problem) -> Double {
            guard let value = sum.figures[figure] else { throw Problem("the workers' survey lacks \(figure)") }
            return value / Double(split.count)
        }
        var labelMeans: [LabelMeans] = []
        if wantLabelSums {
            guard let counts = sum.doubles[Figure.labelCounts] else { throw Problem("the workers' survey lacks label counts") }
            for tap in network.taps {
                guard let sums = sum.doubles[Figure.labelSums(of: tap.name)] else { throw Problem("the workers' survey lacks \(tap.name)") }
                guard sums.count == counts.count * tap.height * tap.width * tap.channels else {
                    throw Problem("the workers' label sums of \(tap.name) have \(sums.count) elements")
                }
                labelMeans.append(LabelMeans(
                    labels: counts.count, height: tap.height, width: tap.width, filters: tap.channels, sums: sums,
                    counts: counts.map { Int($0) }))
            }
        }
        return Outcome(
            samples: split.count, loss: try share(Figure.loss), accuracy: try share(Figure.correct),
            top5Accuracy: try share(Figure.correctTop5),
            headAccuracies: wantHeads ? try network.taps.map { try share(Figure.correct(of: $0.name)) } : [], labelMeans: labelMeans)
    }
}
