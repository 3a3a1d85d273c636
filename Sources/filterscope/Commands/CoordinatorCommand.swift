import Recipes
import Runtime

/// `filterscope coordinator`: the same as `run`, with workers from anywhere.
enum CoordinatorCommand {
    private static let bind = CommandOption.text("bind", "ENDPOINT", "where workers connect: tcp://HOST:PORT, or ipc://PATH")
    private static let keys = CommandOption.text("keys", "DIR", "admit only holders of keys that DIR/allowed names; see \"filterscope keygen\"")
    private static let insecure = CommandFlag("insecure", "allow an address that other machines reach, without keys")

    static let description = CommandDescription(
        name: "coordinator", summary: "carry out a recipe with workers that join from anywhere",
        positionals: [RecipeOptions.positional],
        options: [
            bind, keys, insecure, RecipeOptions.dataset, RecipeOptions.run, RecipeOptions.resume, RecipeOptions.mixed,
            HTTPArguments.http, HTTPArguments.name, SharedOptions.quiet, SharedOptions.verbose,
        ],
        example: "filterscope coordinator fashion-demo --bind tcp://127.0.0.1:5555",
        notes: ["The port * lets the system choose one; the log says which."]
    ) { arguments in
        if arguments.has(insecure), arguments.value(keys) != nil { throw arguments.usageError("--keys and --insecure exclude each other") }
        let (recipe, source) = try RecipeOptions.recipe(arguments)
        return try Runtime.coordinator(CoordinatorOptions(
            recipe: recipe, recipeSource: source, bind: try arguments.required(bind),
            runDirectory: arguments.value(RecipeOptions.run), resume: arguments.has(RecipeOptions.resume),
            keys: arguments.value(keys), insecure: arguments.has(insecure), verbosity: try SharedOptions.verbosity(arguments),
            http: HTTPArguments.options(arguments)))
    }
}
