import Datasets
import Diagnostics
import Foundation
import Networks
import Reporting
import RunStore
import Tensors

/// `filterscope analyze`: phase 3 on a user's network and heads.
public func analyze(_ options: AnalyzeOptions) throws -> ExitCode {
    if let path = options.sqlite, FileManager.default.fileExists(atPath: path) {
        throw Problem("is there already", at: path, remedy: "name a new file with --sqlite, or remove that one")
    }
    let subject = try UserNetwork(options.model, weights: options.weights, dataset: options.dataset, split: options.split)
    let file = try SafetensorsFile(path: options.heads)
    let headSet = try HeadSet(subject.network, in: file)
    let heads = try headSet.loadWeights(file)
    // A field needs the means of the very labels that the heads name.
    guard subject.accuracyNote("heads", labels: headSet.labels) == nil else {
        throw Problem(
            "the heads are for \(headSet.labels) labels, and the data set has \(subject.dataset.labelCount)", at: options.heads,
            remedy: "name the data set that the heads were trained on, or heads for this one")
    }
    let note = subject.accuracyNote(labels: subject.network.specification.labels)
    let workers = max(1, options.workers)
    let task = TaskDescription(
        model: subject.network.specification, preprocessing: subject.dataset.preprocessing, trainingShardSize: surveyShardSize,
        surveyShardSize: surveyShardSize, labels: headSet.labels, headPool: headSet.pool, headLayers: headSet.heads.map(\.layer))
    let (layers, further) = try LocalCluster.with(
        task, workers: workers, threads: threadsPerWorker(options.threads, workers: workers), label: "analyzing",
        verbosity: options.verbosity
    ) { cluster in
        let survey = try Survey(split: subject.dataset.split(options.split), shardSize: surveyShardSize, waitSeconds: 60).run(
            headSet, parameters: subject.parameters, statistics: subject.statistics, heads: heads, wantLabelSums: true, on: cluster)
        let phase = FilterPhase(threshold: options.threshold, filtersPerUnit: 16, labels: headSet.labels, waitSeconds: 60)
        return (
            try phase.run(headSet, heads: heads, survey: survey, on: cluster),
            try phase.run(further: options.thresholds, headSet, heads: heads, survey: survey, on: cluster)
        )
    }
    let document = AnalysisDocument(
        threshold: options.threshold, model: subject.network.specification.summary, labels: headSet.labels, layers: layers,
        accuracyNote: note, further: further)
    if let directory = options.csv {
        try ResultFiles.writeCSV(layers, further: further, labelNames: subject.dataset.labelNames, to: directory)
    }
    if let path = options.sqlite {
        try Journal(path: path).record(layers, further: further)
    }
    try writeAnalysis(document, json: options.json)
    return .done
}

/// Samples in one unit's shard: part of the bits, so the same as `evaluate` and the recipes' default.
private let surveyShardSize = 100

private func writeAnalysis(_ document: AnalysisDocument, json: String?) throws(Problem) {
    let data = try document.json()
    switch json {
    case "-": FileHandle.standardOutput.write(data)
    case let path?:
        try DurableFile.write(data, to: path)
        fallthrough
    case nil: FileHandle.standardOutput.write(Data(LayerTable.text(document.layers.map(\.row)).utf8))
    }
}
