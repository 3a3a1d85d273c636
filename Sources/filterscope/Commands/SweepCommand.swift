import Recipes
import Runtime

/// `filterscope sweep`: a recipe at several numbers of labels.
enum SweepCommand {
    private static let workers = CommandOption.integer("workers", "N", 1...256, "worker processes in all; 1 unless given")
    private static let labels = CommandOption.text("labels", "K,K,…", "numbers of labels, instead of the recipe's sweep.labels")
    private static let seeds = CommandOption.integer("seeds", "S", 1...1000, "draws at each number of labels, instead of the recipe's sweep.seeds")
    private static let sideBySide = CommandOption.integer(
        "side-by-side", "N", 1...256, "networks trained at a time, each with its share of the workers; as many as workers unless given")

    static let description = CommandDescription(
        name: "sweep", summary: "train and measure a recipe's network at several numbers of labels, and fit what they do",
        positionals: [RecipeOptions.positional],
        options: [
            labels, seeds, sideBySide, workers, RecipeOptions.threads, RecipeOptions.dataset, RecipeOptions.run, RecipeOptions.resume,
            HTTPArguments.http, HTTPArguments.name, SharedOptions.quiet, SharedOptions.verbose,
        ],
        example: "filterscope sweep labels-sweep-fashion --workers 2",
        notes: [
            "Every network has a run directory of its own under DIR/points; --resume goes on with what is not finished there.",
            "No figure depends on the workers, or on how many networks are trained at a time.",
        ]
    ) { arguments in
        var (recipe, source) = try RecipeOptions.recipe(arguments)
        if let text = arguments.value(labels) {
            let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard numbers.allSatisfy({ $0.map { $0 >= 2 } == true }) else {
                throw arguments.usageError("--labels needs whole numbers from 2 up, separated by commas, not \"\(text)\"")
            }
            recipe.sweep.labels = Set(numbers.compactMap { $0 }).sorted()
        }
        if let count = arguments.value(seeds) { recipe.sweep.seeds = count }
        let count = arguments.value(workers) ?? 1
        if let places = arguments.value(sideBySide), places > count {
            throw arguments.usageError("--side-by-side \(places) needs a worker for each network, and there are \(count)", remedy: "add --workers \(places)")
        }
        return try sweep(
            RunOptions(
                recipe: recipe, recipeSource: source, workers: count, threads: arguments.value(RecipeOptions.threads),
                runDirectory: arguments.value(RecipeOptions.run), resume: arguments.has(RecipeOptions.resume),
                verbosity: try SharedOptions.verbosity(arguments), http: HTTPArguments.options(arguments)),
            sideBySide: arguments.value(sideBySide))
    }
}
