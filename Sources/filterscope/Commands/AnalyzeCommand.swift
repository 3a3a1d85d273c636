import Recipes
import RunStore
import Runtime

/// `filterscope analyze`: what every filter of a network knows, for a user's files or again for a run.
enum AnalyzeCommand {
    private static let weights = CommandOption.text("weights", "FILE", "the network's weights, safetensors with torchvision's names")
    private static let heads = CommandOption.text("heads", "FILE", "one head per layer: head.<layer>.weight, [K, F*H*W], safetensors")
    private static let dataset = CommandOption.text("dataset", "SPEC", "the data set; see \"filterscope datasets --help\"")
    private static let threshold = CommandOption.threshold(
        "threshold", "T", "a field sets its bit above this share of its largest element; 0.3, or the run's, unless given")
    private static let thresholds = CommandOption.thresholds(
        "thresholds", "T,T,...", "further thresholds at which every layer's figures are given; the run's, or none, unless given")
    private static let split = CommandOption.choice("split", "NAME", ["test", "train"], "whose samples are looked at; test unless given")
    private static let noAccuracies = CommandFlag(
        "no-accuracies", "leave out the heads' accuracies, which take several times as long as the filters need")
    private static let csv = CommandOption.text("csv", "DIR", "write layers, filters, clusters and thresholds there as CSV tables")
    private static let sqlite = CommandOption.text("sqlite", "FILE", "write the same tables there, laid out as in a run's run.sqlite")
    private static let workers = CommandOption.integer("workers", "N", 1...256, "worker processes; 1 unless given")
    private static let threads = CommandOption.integer("threads", "T", 1...1024, "threads of each worker; the cores, shared out, unless given")
    private static let json = CommandOption.text("json", "FILE", "write the result there as JSON; - for standard output")

    static let description = CommandDescription(
        name: "analyze", summary: "find every filter's label clusters and noise, in a network that you bring or in a run",
        options: ModelFlags.all + [weights, heads, dataset, threshold, thresholds, split, noAccuracies, workers, threads, json, csv, sqlite, SharedOptions.run, SharedOptions.quiet],
        example: "filterscope analyze --model vgg11 --weights network.safetensors --heads heads.safetensors --dataset fashion-mnist",
        notes: ["With --run DIR: the run's network, heads and data set, where no option says otherwise."]
    ) { arguments in
        try Runtime.analyze(try arguments.value(SharedOptions.run).map { try ofRun($0, arguments) } ?? ofFiles(arguments))
    }

    private static func ofFiles(_ arguments: ParsedArguments) throws -> AnalyzeOptions {
        AnalyzeOptions(
            model: try ModelFlags.options(arguments), weights: try arguments.required(weights), heads: try arguments.required(heads),
            dataset: try arguments.required(dataset), threshold: arguments.value(threshold) ?? 0.3,
            thresholds: arguments.value(thresholds) ?? [], usesTrainingSplit: arguments.value(split) == "train",
            wantsAccuracies: !arguments.has(noAccuracies), workers: arguments.value(workers) ?? 1, threads: arguments.value(threads),
            json: arguments.value(json), csv: arguments.value(csv), sqlite: arguments.value(sqlite), verbosity: try SharedOptions.verbosity(arguments))
    }

    private static func ofRun(_ path: String, _ arguments: ParsedArguments) throws -> AnalyzeOptions {
        let directory = try RunDirectory.open(path: path)
        let recipe = try Recipe(json: try directory.readRecipe(), file: directory.recipePath)
        return AnalyzeOptions(
            model: ModelOptions(
                name: recipe.model.name, width: recipe.model.width, classifier: recipe.model.classifier,
                inputSize: recipe.model.inputSize),
            weights: arguments.value(weights) ?? directory.file("checkpoints/network.safetensors"),
            heads: arguments.value(heads) ?? directory.file("checkpoints/heads.safetensors"),
            dataset: arguments.value(dataset) ?? recipe.dataset, threshold: arguments.value(threshold) ?? recipe.analysis.threshold,
            thresholds: arguments.value(thresholds) ?? recipe.analysis.thresholds,
            usesTrainingSplit: arguments.value(split) == "train",
            wantsAccuracies: !arguments.has(noAccuracies), workers: arguments.value(workers) ?? 1, threads: arguments.value(threads),
            json: arguments.value(json), csv: arguments.value(csv), sqlite: arguments.value(sqlite), verbosity: try SharedOptions.verbosity(arguments))
    }
}
