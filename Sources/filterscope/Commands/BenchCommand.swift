import Networks
import Runtime

/// `filterscope bench`: speed on this machine.
enum BenchCommand {
    private static let batch = CommandOption.integer("batch", "N", 1...4096, "samples of a mini-batch; 100 unless given")
    private static let labels = CommandOption.integer("labels", "K", 1...100_000, "labels of the network; 100 unless given")
    private static let threads = CommandOption.integer("threads", "T", 1...1024, "threads; one per core unless given")
    private static let workers = CommandOption.integer(
        "workers", "N", 1...256, "through a cluster of worker processes; inside this process unless given")
    private static let runs = CommandOption.integer("runs", "R", 1...1000, "timed runs of about a second each, of which the median counts; 5 unless given")

    private static let profile = CommandFlag("profile", "training inside this process: where a step's time goes")

    static let description = CommandDescription(
        name: "bench", summary: "measure speed on this machine with synthetic images and random weights",
        positionals: [Positional("SUBJECT", "what to measure", choices: BenchOptions.Subject.allCases.map(\.rawValue))],
        options: [
            CommandOption.choice(
                "model", "M", ModelSpecification.knownNames, "the network; vgg16 unless given"),
            CommandOption.integer("width", "W", 1...1024, "filters of the first convolution; 64 unless given"),
            CommandOption.choice(
                "classifier", "KIND", ModelSpecification.Classifier.allCases.map(\.rawValue),
                "linear, or mlp as torchvision's; by the size unless given"),
            CommandOption.integer("size", "PIXELS", 32...4096, "height and width of the input; 32 unless given"),
            ModelFlags.plain, batch, labels, threads, workers, runs, profile, SharedOptions.json,
        ],
        example: "filterscope bench training --model vgg11 --width 16 --threads 2",
        notes: [
            "training and inference: images per second and peak memory.",
            "kernels: every kernel of a training step alone, on one thread: GFLOP/s against sgemm's, GB/s, share of the step.",
            "blocks: every layer shape by each scheme and several sizes of blocks; the fastest, and what is used.",
            "accuracy: the error of each scheme over every layer shape, against sums in double precision.",
            "filterscope bench filters --help: phase 3 of one layer, and its memory.",
            "filterscope bench aggregation --help: how fast gradients of worker processes are added up and sent back.",
            "filterscope bench logs --help: how many log records a second come through, and how late.",
            "filterscope bench data --help: how fast stored samples become network input.",
        ]
    ) { arguments in
        guard let subject = arguments.positionals.first.flatMap(BenchOptions.Subject.init(rawValue:)) else {
            throw arguments.usageError("SUBJECT is missing")
        }
        if arguments.has(profile), subject != .training || arguments.value(workers) != nil {
            throw arguments.usageError("--profile is for training without --workers")
        }
        if arguments.has(ModelFlags.plain), arguments.value(workers) != nil {
            throw arguments.usageError("--no-batch-norm is for measuring without --workers")
        }
        return try Runtime.bench(BenchOptions(
            subject: subject, model: try ModelFlags.options(arguments, defaultName: "vgg16"), batch: arguments.value(batch) ?? 100,
            labels: arguments.value(labels) ?? 100, threads: arguments.value(threads),
            workers: arguments.value(workers) ?? 0, runs: arguments.value(runs) ?? 5,
            profile: arguments.has(profile), json: arguments.has(SharedOptions.json)))
    }
}
