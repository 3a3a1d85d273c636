import Runtime

/// `filterscope bench aggregation`: how long gradients of worker processes take to be added up and sent back.
enum BenchAggregationCommand {
    private static let megabytes = CommandOption.integer(
        "megabytes", "N", 1...1000, "million bytes of float32 gradients from each worker; 60 unless given")
    private static let workers = CommandOption.integer("workers", "N", 1...64, "worker processes; 2 unless given")
    private static let runs = CommandOption.integer("runs", "R", 1...1000, "timed rounds, of which the median counts; 20 unless given")
    private static let transport = CommandOption.choice(
        "transport", "KIND", AggregationOptions.Transport.allCases.map(\.rawValue),
        "memory in common, or frames through ipc, tcp, or tcp with keys (curve); memory unless given")
    /// Passed to the worker processes that it starts; not for people.
    private static let connect = CommandOption.text("connect", "ENDPOINT", "")
    private static let name = CommandOption.text("name", "NAME", "")
    private static let keys = CommandOption.text("keys", "DIR", "")

    static let description = CommandDescription(
        name: "bench aggregation", summary: "measure how fast worker processes' gradients are added up and sent back",
        options: [megabytes, workers, runs, transport, SharedOptions.json, connect, name, keys],
        example: "filterscope bench aggregation --transport tcp",
        notes: [
            "A run is timed from the first worker's start of sending to the last worker's having the sum.",
            "Reports milliseconds, the bytes that went through sockets, and the most memory that all processes had.",
        ]
    ) { arguments in
        if let endpoint = arguments.value(connect) {
            return try Runtime.aggregationWorker(connect: endpoint, name: arguments.value(name) ?? "worker", keys: arguments.value(keys))
        }
        return try Runtime.benchAggregation(AggregationOptions(
            megabytes: arguments.value(megabytes) ?? 60, workers: arguments.value(workers) ?? 2, runs: arguments.value(runs) ?? 20,
            transport: arguments.value(transport).flatMap(AggregationOptions.Transport.init(rawValue:)) ?? .memory,
            json: arguments.has(SharedOptions.json)))
    }
}
