import Diagnostics
import Foundation
import Mechanism
import Recipes
import Reporting
import RunStore
import Tensors

/// What a sweep ends with: rows of its journal, `results/sweep.json`, `results/sweep.csv` and the report.
struct SweepResults {
    let directory: RunDirectory
    let journal: Journal
    let recipe: Recipe

    /// The result of a point whose run is finished; nil otherwise.
    func finished(_ point: SweepPlan.Point) throws(Problem) -> (point: SweepDocument.Point, summary: RunSummary)? {
        let path = directory.file(point.directory)
        guard FileManager.default.fileExists(atPath: path + "/run.sqlite") else { return nil }
        let run = try RunDirectory.open(path: path)
        guard !run.isLocked, try JournalReader(path: run.journalPath).condition() == .finished else { return nil }
        let summary = try RunSummary.load(path: run.result("summary.json"))
        guard let layer = summary.layers.last, let accuracy = summary.testAccuracy else {
            throw Problem("the run has no measured layer or no test accuracy", at: path, remedy: "remove that directory and go on with --resume")
        }
        let result = SweepDocument.Point(
            labels: point.labels, seed: point.seed, directory: point.directory, testAccuracy: accuracy, headAccuracy: layer.accuracy,
            filters: layer.filters, activeFilters: layer.activeFilters, meanClustersPerFilter: layer.meanClustersPerFilter,
            meanClusterSize: layer.meanClusterSize, meanNoise: layer.meanNoise, signal: layer.signal, noisePerLabel: layer.noisePerLabel,
            signalToNoise: layer.signalToNoise, weightsSHA256: summary.weightsSHA256, wallSeconds: summary.wallSeconds)
        return (result, summary)
    }

    func record(_ point: SweepDocument.Point) throws(Problem) {
        try journal.record(SweepPointRow(
            labels: point.labels, seed: point.seed, directory: point.directory, testAccuracy: point.testAccuracy,
            headAccuracy: point.headAccuracy, clustersPerFilter: point.meanClustersPerFilter, clusterSize: point.meanClusterSize,
            noise: point.meanNoise, signal: point.signal, noisePerLabel: point.noisePerLabel, snr: point.signalToNoise.ratio,
            weightsSHA256: point.weightsSHA256, seconds: point.wallSeconds))
    }

    /// Fits, verdicts, files and the page, once every point is there.
    func conclude(_ points: [SweepDocument.Point], model: String, layer: String) throws(Problem) -> SweepDocument {
        let evidence = points.map {
            SweepEvidence(
                labels: $0.labels, error: $0.testError, clusterSize: $0.meanClusterSize, clustersPerFilter: $0.meanClustersPerFilter,
                signalToNoise: $0.signalToNoise)
        }
        let thresholds = SweepThresholds(
            linearErrorR2: recipe.claims.linearErrorR2, universalitySlope: recipe.claims.universalitySlope,
            universalitySNR: recipe.claims.universalitySNR)
        let fits = SweepFits(evidence, resamples: recipe.sweep.resamples)
        let claims: [Claim] = [
            .sharpeningNotTestedBySweep,
            .linearError(fits, thresholds: thresholds), .universality(fits, points: evidence, thresholds: thresholds), .pruningNotTested,
        ]
        let document = SweepDocument(
            recipe: recipe.name, model: model, dataset: recipe.dataset, layer: layer, threshold: recipe.analysis.threshold, points: points,
            fits: fits, claims: claims)
        try journal.record(try claims.map(RunResults.journalRow))
        try document.write(to: directory)
        try SweepReport.write(document, to: directory.reportPath)
        return document
    }
}
