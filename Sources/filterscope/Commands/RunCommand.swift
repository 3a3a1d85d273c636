import Recipes
import Runtime

/// `filterscope run`: the whole of a recipe on this machine.
enum RunCommand {
    private static let workers = CommandOption.integer("workers", "N", 1...256, "worker processes; 1 unless given")
    /// For a sweep, which starts the runs of its networks.
    private static let parent = CommandOption.integer("parent", "PID", 1...Int(Int32.max), "")

    static let description = CommandDescription(
        name: "run", summary: "carry out a recipe on this machine: train, measure every filter, write the report",
        positionals: [RecipeOptions.positional],
        options: [
            workers, RecipeOptions.threads, RecipeOptions.dataset, RecipeOptions.run, RecipeOptions.resume, RecipeOptions.mixed,
            HTTPArguments.http, HTTPArguments.name, SharedOptions.quiet, SharedOptions.verbose, parent,
        ],
        example: "filterscope run fashion-demo --workers 2",
        notes: ["Ctrl-C finishes the step under way, writes a checkpoint and ends with exit code 130; --resume goes on from it."]
    ) { arguments in
        let (recipe, source) = try RecipeOptions.recipe(arguments)
        return try Runtime.run(RunOptions(
            recipe: recipe, recipeSource: source, workers: arguments.value(workers) ?? 1,
            threads: arguments.value(RecipeOptions.threads), runDirectory: arguments.value(RecipeOptions.run),
            resume: arguments.has(RecipeOptions.resume), verbosity: try SharedOptions.verbosity(arguments),
            parent: arguments.value(parent).map(Int32.init), http: HTTPArguments.options(arguments)))
    }
}

/// What `run` and `coordinator` have in common.
enum RecipeOptions {
    static let positional = Positional("RECIPE", "the name of a shipped recipe, or the path of a JSON file")
    static let threads = CommandOption.integer("threads", "T", 1...1024, "threads of each worker; the cores, shared out, unless given")
    static let dataset = CommandOption.text("dataset", "SPEC", "another data set than the recipe's; see \"filterscope datasets --help\"")
    static let run = CommandOption.text("run", "DIR", "the run's directory; a new one under runs/ unless given")
    static let resume = CommandFlag("resume", "go on with the run in --run, or with the recipe's latest")

    static let mixed = CommandFlag("mixed", "admit workers whose kernels give other last bits; the run is marked as not bit-reproducible")

    /// The recipe meant, with `--dataset` and `--mixed` in place.
    /// - Parameter name: nil for the first argument.
    static func recipe(_ arguments: ParsedArguments, named name: String? = nil) throws -> (Recipe, RecipeSource) {
        var (recipe, source) = try loadRecipe(name ?? arguments.positionals[0])
        if let dataset = arguments.value(dataset) { recipe.dataset = dataset }
        if arguments.has(mixed) { recipe.cluster.mixedKernels = true }
        return (recipe, source)
    }
}
