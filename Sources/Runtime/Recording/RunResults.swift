import Datasets
import Diagnostics
import Foundation
import Kernels
import Mechanism
import Networks
import Recipes
import Reporting
import RunStore
import Tensors

/// The files and rows that a run ends with: final weights, heads, label means, figures and verdicts.
struct RunResults {
    static let networkFile = "checkpoints/network.safetensors"
    static let headsFile = "checkpoints/heads.safetensors"
    static let labelMeansFile = "results/label-means.safetensors"

    let directory: RunDirectory
    let journal: Journal
    let recipe: Recipe
    let dataset: ImageDataset
    let network: Network
    let headSet: HeadSet

    /// Writes the final weights, in torchvision's names and orders.
    /// - Returns: the file's SHA-256. Its bytes depend on the weights and the model alone.
    func saveNetwork(_ state: TrainingState) throws(Problem) -> Digest {
        try network.saveWeights(
            parameters: state.network, statistics: state.statistics, path: directory.file(Self.networkFile))
    }

    func saveHeads(_ state: TrainingState) throws(Problem) {
        try headSet.saveWeights(parameters: state.heads, path: directory.file(Self.headsFile))
    }

    /// Writes the mean of what each head sees for every label, [K, H, W, F], and where each is to be found.
    func saveLabelMeans(_ survey: Survey.Outcome) throws(Problem) {
        var writer = SafetensorsWriter(metadata: ["axes": "label, row, column, filter"])
        var rows: [LabelMeanRow] = []
        for (index, (head, means)) in zip(headSet.heads, survey.labelMeans).enumerated() {
            do throws(MechanismFault) {
                writer.add("label_means.\(head.layer)", try means.means(layer: head.layer))
            } catch {
                throw error.problem
            }
            for label in 0..<means.labels {
                rows.append(LabelMeanRow(
                    layer: index, label: label, count: means.counts[label], file: Self.labelMeansFile,
                    tensor: "label_means.\(head.layer)"))
            }
        }
        try writer.write(to: directory.file(Self.labelMeansFile))
        try journal.recordLabelMeans(rows)
    }

    /// Journals the figures, gives the verdicts and writes every result file and the report.
    func conclude(
        accuracy: NetworkAccuracy, layers: [LayerResult], pruned: PruneDocument?, weights: Digest, wallSeconds: Double,
        feeding: FeedingRecord, otherKernels: [String]
    ) throws(Problem) -> RunSummary {
        let thresholds = SharpeningThresholds(
            accuracy: recipe.claims.accuracyCorrelation, fallingNoise: recipe.claims.noiseCorrelation,
            signalToNoise: recipe.claims.snrCorrelation)
        var claims = Claim.verdicts(layers: layers.map(\.evidence), thresholds: thresholds)
        for own in pruned?.claims ?? [] { claims = claims.map { $0.number == own.number ? own : $0 } }
        let summary = RunSummary(
            testAccuracy: accuracy.top1, testTop5Accuracy: accuracy.top5, weightsSHA256: weights.hexadecimal,
            wallSeconds: wallSeconds, recipe: recipe.name, model: network.specification.summary, dataset: recipe.dataset,
            labelNames: dataset.labelNames, labelDraw: dataset.labelDraw, threshold: recipe.analysis.threshold,
            headPool: recipe.heads.headPool > 0 ? recipe.heads.headPool : nil, layers: layers.map(\.row), claims: claims,
            damagedSamples: feeding.damagedCount, waitingShare: feeding.waitingShare, otherKernels: otherKernels)
        try journal.record(layers)
        try journal.transaction { () throws(Problem) in
            try journal.record(try claims.map(Self.journalRow))
            try journal.setValue(weights.hexadecimal, for: "weights_sha256")
            try journal.setValue(String(accuracy.top1), for: "test_accuracy")
            try journal.setValue(String(accuracy.top5), for: "test_top5_accuracy")
            try journal.setValue(String(wallSeconds), for: "wall_seconds")
            try journal.setValue(String(otherKernels.isEmpty), for: KernelMark.reproducibleKey)
        }
        let document = AnalysisDocument(
            threshold: recipe.analysis.threshold, model: network.specification.summary, labels: dataset.labelCount, layers: layers)
        try DurableFile.write(try document.json(), to: directory.result("analysis.json"))
        try ResultFiles(runDirectory: directory.path).write(summary: summary, layers: layers, metrics: try metricPoints())
        return summary
    }

    /// The journal's metrics as the result files show them: layers apart from names.
    private func metricPoints() throws(Problem) -> [MetricPoint] {
        let steps = Double(recipe.plan(of: dataset.split(.train), seed: recipe.seed).stepsPerEpoch)
        return try journal.metrics().compactMap { row in
            guard let value = row.value else { return nil }
            let parts = row.name.split(separator: ".", maxSplits: 1).map(String.init)
            return MetricPoint(
                phase: row.phase, name: parts[0], layer: parts.count > 1 ? parts[1] : nil, step: row.step + 1,
                epoch: Double(row.step + 1) / steps, value: value)
        }
    }
}

extension RunResults {
    static func journalRow(_ claim: Claim) throws(Problem) -> ClaimRow {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let figures: Data
        do {
            figures = try encoder.encode(claim.figures)
        } catch {
            throw Problem("the figures of claim \(claim.number) cannot be written: \(error)")
        }
        var text = claim.statement
        if case .notTested(let missing) = claim.verdict { text = "missing: \(missing)" }
        return ClaimRow(claim: claim.name, verdict: claim.verdict.name, text: text, figures: String(decoding: figures, as: UTF8.self))
    }
}
