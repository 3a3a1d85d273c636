import Runtime

/// `filterscope bench data`: how fast stored samples become network input. It takes a data set where the other subjects of
/// `bench` take a network, and so is a command of its own.
enum BenchDataCommand {
    private static let dataset = CommandOption.text("dataset", "SPEC", "the data set, whose training split is read; see \"filterscope datasets --help\"")
    private static let threads = CommandOption.integer("threads", "T", 1...1024, "threads; one per core unless given")
    private static let runs = CommandOption.integer("runs", "R", 1...1000, "timed runs of each kind, of which the median counts; 3 unless given")
    private static let seconds = CommandOption.number("seconds", "S", above: 0, atMost: 3600, "seconds of each run; 3 unless given")

    static let description = CommandDescription(
        name: "bench data", summary: "measure how fast stored samples become network input",
        options: [dataset, threads, runs, seconds, SharedOptions.json],
        example: "filterscope bench data --dataset imagenet:/data/imagenet --threads 1",
        notes: ["Times reading, decoding, resizing, augmentation and normalisation, as in training and as in evaluation, in turn."]
    ) { arguments in
        try Runtime.benchData(DataBenchOptions(
            dataset: try arguments.required(dataset), threads: arguments.value(threads), runs: arguments.value(runs) ?? 3,
            seconds: arguments.value(seconds) ?? 3, json: arguments.has(SharedOptions.json)))
    }
}
