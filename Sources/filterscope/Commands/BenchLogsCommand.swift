import Runtime

/// `filterscope bench logs`: how many log records a second come from workers to whoever follows.
enum BenchLogsCommand {
    private static let rate = CommandOption.integer("rate", "N", 1...10_000_000, "records a second, of all workers together; 50000 unless given")
    private static let workers = CommandOption.integer("workers", "N", 1...256, "worker processes; 2 unless given")
    private static let seconds = CommandOption.integer("seconds", "S", 2...3600, "how long they write; 10 unless given")
    private static let wire = CommandFlag("wire", "the follower asks the coordinator, instead of reading the run directory")

    static let description = CommandDescription(
        name: "bench logs", summary: "measure the log: workers, wire, coordinator, journal, follower",
        options: [rate, workers, seconds, wire, SharedOptions.json],
        example: "filterscope bench logs --rate 50000 --workers 2",
        notes: [
            "Worker processes write records, and filterscope logs -f follows them into a file; nothing else is computed.",
            "Reports records a second, the age of the newest line that the follower has, what was lost, processor time and memory.",
        ]
    ) { arguments in
        try benchLogs(LogBenchOptions(
            rate: arguments.value(rate) ?? 50_000, workers: arguments.value(workers) ?? 2, seconds: arguments.value(seconds) ?? 10,
            overTheWire: arguments.has(wire), json: arguments.has(SharedOptions.json)))
    }
}
