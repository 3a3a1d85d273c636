import Datasets
import Diagnostics
import Foundation
import Networks
import Reporting
import RunStore
import Tensors

/// `filterscope analyze`: phase 3 on a user's network and heads.
public func analyze(_ options: AnalyzeOptions) throws -> ExitCode {
    let split: SplitName = options.usesTrainingSplit ? .train : .test
    let subject = try UserNetwork(options.model, weights: options.weights, dataset: options.dataset, split: split)
    try refuseNonFinite([subject.parameters, subject.statistics], at: options.weights)
    let file = try SafetensorsFile(path: options.heads)
    let headSet = try HeadSet(subject.network, in: file)
    let heads = try headSet.loadWeights(file)
    try refuseNonFinite([heads], at: options.heads)
    try refuseExisting(options.sqlite)
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
    let threads = threadsPerWorker(options.threads, workers: workers)
    let clock = ContinuousClock()
    let layers = try LocalCluster.with(
        task, workers: workers, threads: threads, label: "analyzing",
        verbosity: options.verbosity
    ) { cluster in
        let start = clock.now
        let survey = try Survey(split: subject.dataset.split(split), shardSize: surveyShardSize, waitSeconds: 60).run(
            headSet, parameters: subject.parameters, statistics: subject.statistics, heads: options.wantsAccuracies ? heads : nil,
            wantLabelSums: true, on: cluster)
        let surveyed = clock.now
        let layers = try FilterPhase(threshold: options.threshold, thresholds: options.thresholds, filtersPerUnit: 16, labels: headSet.labels, waitSeconds: 60).run(
            headSet, heads: heads, survey: survey, on: cluster)
        // A lane's share of the forward passes is what they took by the clock.
        LogDisplay(options.verbosity).note(String(
            format: "pass over the images %.2f s, of which forward passes %.2f s; filters %.2f s",
            start.duration(to: surveyed).seconds, survey.forwardSeconds / Double(workers * threads), surveyed.duration(to: clock.now).seconds))
        return layers
    }
    let document = AnalysisDocument(
        threshold: options.threshold, model: subject.network.specification.summary, labels: headSet.labels, layers: layers,
        accuracyNote: note, split: split == .test ? nil : split.rawValue)
    if let path = options.csv { try ResultFiles.writeTables(of: layers, labelNames: subject.dataset.labelNames, to: path) }
    if let path = options.sqlite { try writeTables(of: document, to: path) }
    try writeAnalysis(document, json: options.json)
    return .done
}

/// The tables as a run's journal has them, and what they were made with in the table `run`.
private func writeTables(of document: AnalysisDocument, to path: String) throws(Problem) {
    let journal = try Journal(path: path)
    try journal.transaction { () throws(Problem) in
        try journal.record(document.layers)
        let facts = [
            "model": document.model, "labels": String(document.labels), "threshold": String(document.threshold),
            "split": document.split ?? SplitName.test.rawValue,
        ]
        for (key, value) in facts.sorted(by: { $0.key < $1.key }) { try journal.setValue(value, for: key) }
    }
}

/// A file of tables is new: rows of another analysis in it would be taken for this one's.
private func refuseExisting(_ path: String?) throws(Problem) {
    guard let path, FileManager.default.fileExists(atPath: path) else { return }
    throw Problem("is there already", at: path, remedy: "name another file, or remove this one")
}

/// A NaN would be lost in a rectifier and come out as a figure.
private func refuseNonFinite(_ vectors: [ParameterVector], at path: String) throws(Problem) {
    for vector in vectors {
        for entry in vector.layout.entries {
            let values = vector.buffer(entry)
            guard let place = (0..<values.count).first(where: { !values[$0].isFinite }) else { continue }
            throw Problem(
                "tensor \"\(entry.name)\" holds \(values[place])", at: path,
                remedy: "take weights that are finite; training may have diverged")
        }
    }
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
