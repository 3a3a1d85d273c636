import Diagnostics
import Foundation
import Mechanism
import RunStore
import Tensors

extension ReportInput {
    /// Gathers a finished run's report from its directory: `results/summary.json`, `results/metrics.csv`, `recipe.json`, the
    /// journal's phases and workers, and the fields of chosen filters from `results/label-means.safetensors` and
    /// `checkpoints/heads.safetensors`.
    /// - Parameter filtersPerLayer: filters to draw of the first, the middle and the last layer.
    public static func load(from directory: RunDirectory, filtersPerLayer: Int = 2) throws(Problem) -> ReportInput {
        try load(from: directory, filtersPerLayer: filtersPerLayer, measured: [:])
    }

    /// - Parameter measured: results of layers whose filters need not be measured once more.
    static func load(from directory: RunDirectory, filtersPerLayer: Int, measured: [String: [FilterResult]]) throws(Problem) -> ReportInput {
        var input = try loadFigures(from: directory)
        if !input.summary.layers.isEmpty {
            try input.readExamples(
                means: try SafetensorsFile(path: directory.file("results/label-means.safetensors")),
                heads: try SafetensorsFile(path: directory.file("checkpoints/heads.safetensors")), perLayer: filtersPerLayer, measured: measured)
        }
        return input
    }

    /// All but the fields of filters: what takes no time to read.
    static func loadFigures(from directory: RunDirectory) throws(Problem) -> ReportInput {
        var input = ReportInput(summary: try RunSummary.load(path: directory.result("summary.json")))
        try input.readRecipe(try directory.readRecipe(), path: directory.recipePath)
        input.metrics = try MetricPoint.load(path: directory.result("metrics.csv"))
        try input.readJournal(try JournalReader(path: directory.journalPath))
        try input.readNetwork(path: directory.file("checkpoints/network.safetensors"))
        input.describeCourse()
        input.further = try LayersAtThreshold.load(resultsPath: directory.resultsPath)
        input.pruned = try PruneDocument.load(resultsPath: directory.resultsPath)
        return input
    }

    private mutating func readRecipe(_ data: Data, path: String) throws(Problem) {
        guard let fields = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
            throw Problem("is not a recipe", at: path)
        }
        setting.description = fields["description"] as? String ?? ""
        setting.seed = (fields["seed"] as? NSNumber)?.uint64Value
        setting.batchSize = ((fields["training"] as? [String: Any])?["batchSize"] as? NSNumber)?.intValue
        recipe = Self.flattened(fields, prefix: "").sorted { $0.name < $1.name }
    }

    /// Fields under dotted names.
    private static func flattened(_ fields: [String: Any], prefix: String) -> [RecipeEntry] {
        fields.flatMap { key, value -> [RecipeEntry] in
            if let inner = value as? [String: Any] { return flattened(inner, prefix: prefix + key + ".") }
            let text: String
            if let number = value as? NSNumber {
                // Foundation reads true and 1 as the same class; their types differ.
                text = String(cString: number.objCType) == "c" ? (number.boolValue ? "true" : "false") : "\(number)"
            } else {
                text = "\(value)"
            }
            return [RecipeEntry(name: prefix + key, value: text)]
        }
    }

    private mutating func readJournal(_ journal: JournalReader) throws(Problem) {
        let rows = try journal.phases()
        setting.startedAt = rows.map(\.started).min()
        phases = rows.compactMap { row in row.finished.map { PhaseTime(name: row.phase, seconds: $0 - row.started) } }
        // A worker that came back counts once.
        for row in try journal.workers() {
            if let known = workers.firstIndex(where: { $0.name == row.name && $0.host == row.host }) {
                workers[known].unitsDone += row.units
            } else {
                workers.append(Worker(name: row.name, host: row.host, threads: row.threads, unitsDone: row.units))
            }
        }
        let means = try journal.labelMeans().filter { $0.layer == 0 }
        if !means.isEmpty { setting.testImages = means.reduce(0) { $0 + $1.count } }
        setting.trainImages = try journal.value(for: "train_images").flatMap { Int($0) }
    }

    /// Counts weights; running averages of batch norm are none.
    private mutating func readNetwork(path: String) throws(Problem) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let weights = try SafetensorsFile(path: path).entries.filter { entry in
            !["running_mean", "running_var", "num_batches_tracked"].contains { entry.name.hasSuffix($0) }
        }
        setting.networkParameters = weights.reduce(0) { $0 + $1.shape.count }
    }

    private mutating func describeCourse() {
        func last(_ phase: String) -> MetricPoint? { metrics.filter { $0.phase == phase && $0.name == "loss" }.max { $0.step < $1.step } }
        setting.trainingSteps = last("training")?.step
        setting.trainingEpochs = last("training")?.epoch
        setting.headSteps = last("heads")?.step
    }

    /// Fields of chosen filters, and their results, from label means and heads.
    mutating func readExamples(
        means: SafetensorsFile, heads: SafetensorsFile, perLayer: Int, measured: [String: [FilterResult]]
    ) throws(Problem) {
        for index in ExampleRule.layers(of: summary.layers.count) {
            let layer = summary.layers[index].layer
            let tensor = try means.floats("label_means.\(layer)")
            let weights = try HeadWeights(file: heads, layer: layer, labelMeans: tensor, headPool: summary.headPool)
            do throws(MechanismFault) {
                let results = if let known = measured[layer] { known } else {
                    try FilterPerformance.measure(
                        labelMeans: weights.means, headWeights: weights.weights, filters: 0..<weights.filters, threshold: summary.threshold,
                        layer: layer)
                }
                for choice in ExampleRule.choose(results, count: perLayer) {
                    let field = try filterFields(
                        labelMeans: weights.means, headWeights: weights.weights, filters: choice.filter..<choice.filter + 1, layer: layer)[0]
                    examples.append(FieldExample(layer: layer, result: results[choice.filter], field: field, reason: choice.reason))
                }
            } catch {
                throw error.problem
            }
        }
    }
}
