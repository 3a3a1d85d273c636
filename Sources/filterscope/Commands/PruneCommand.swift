import Recipes
import RunStore
import Runtime

/// `filterscope prune`: AFCC on a run's trained network.
enum PruneCommand {
    private static let classifier = CommandFlag("classifier", "prune the linear classifier's connections")
    private static let first = CommandOption.integer("first-convolution", "N", 2...1000, "prune the kernels of this convolution and all after it")
    private static let thresholds = CommandOption.thresholds("thresholds", "T,T,...", "thresholds whose clusters say what stays, a pruned network each")
    private static let epochs = CommandOption.integer("epochs", "E", 0...1_000_000, "epochs of retraining under the mask")
    private static let noBaselines = CommandFlag("no-baselines", "leave out random clusters and smallest-magnitude removal")
    private static let workers = CommandOption.integer("workers", "N", 1...256, "worker processes; 1 unless given")

    static let description = CommandDescription(
        name: "prune", summary: "cut the connections that no shared cluster supports from a run's network, and retrain it",
        options: [
            SharedOptions.run, classifier, first, thresholds, epochs, noBaselines, workers, RecipeOptions.threads, SharedOptions.quiet,
            SharedOptions.verbose,
        ],
        example: "filterscope prune --run runs/fashion-demo-20260101-120000 --classifier --first-convolution 6",
        notes: [
            "What no option says is as the run's recipe says; what the options say is kept there.",
            "Networks that are pruned already under the same settings are not retrained. Ctrl-C, and this command again, goes on.",
        ]
    ) { arguments in
        let directory = try RunDirectory.open(path: arguments.value(SharedOptions.run))
        var recipe = try Recipe(json: try directory.readRecipe(), file: directory.recipePath)
        if arguments.has(classifier) { recipe.prune.classifier = true }
        if let convolution = arguments.value(first) { recipe.prune.firstConvolution = convolution }
        if let count = arguments.value(epochs) { recipe.prune.epochs = count }
        if arguments.has(noBaselines) { recipe.prune.baselines = false }
        if let list = arguments.value(thresholds) { recipe.prune.thresholds = list }
        guard recipe.prune.classifier || recipe.prune.firstConvolution > 0 else {
            throw arguments.usageError("nothing to prune: give --classifier, --first-convolution N, or both")
        }
        return try Runtime.run(RunOptions(
            recipe: recipe, recipeSource: .file(path: directory.recipePath), workers: arguments.value(workers) ?? 1,
            threads: arguments.value(RecipeOptions.threads), runDirectory: directory.path, resume: true,
            verbosity: try SharedOptions.verbosity(arguments)))
    }
}
