import Runtime

/// `filterscope evaluate`: test accuracy of any network that the user brings.
enum EvaluateCommand {
    private static let weights = CommandOption.text("weights", "FILE", "the network's weights, safetensors with torchvision's names")
    private static let dataset = CommandOption.text("dataset", "SPEC", "the data set; see \"filterscope datasets --help\"")
    private static let threads = CommandOption.integer("threads", "T", 1...1024, "threads; one per core unless given")
    private static let logits = CommandOption.text("logits", "FILE", "write every logit there: safetensors, \"logits\" [samples, labels] float32")
    private static let json = CommandOption.text("json", "FILE", "write the result there as JSON; - for standard output")

    static let description = CommandDescription(
        name: "evaluate", summary: "measure a network's test accuracy, top-1 and top-5, and write its logits",
        options: ModelFlags.all + [weights, dataset, threads, logits, json, SharedOptions.quiet],
        example: "filterscope evaluate --model vgg11 --weights weights.safetensors --dataset fashion-mnist"
    ) { arguments in
        try Runtime.evaluate(EvaluateOptions(
            model: try ModelFlags.options(arguments), weights: try arguments.required(weights),
            dataset: try arguments.required(dataset), threads: arguments.value(threads), logits: arguments.value(logits),
            json: arguments.value(json), verbosity: try SharedOptions.verbosity(arguments)))
    }
}
