import Runtime

/// `filterscope worker`: joins a coordinator at any time, and leaves at any time.
enum WorkerCommand {
    private static let connect = CommandOption.text("connect", "ENDPOINT", "the coordinator: tcp://HOST:PORT, or ipc://PATH")
    private static let threads = CommandOption.integer("threads", "T", 1...1024, "threads; one per core unless given")
    private static let name = CommandOption.text("name", "NAME", "its name in logs and status; host and process number unless given")
    private static let data = CommandOption.text(
        "data", "DIR-or-SPEC", "read samples from a copy of the run's data set on this machine, not from the coordinator")
    private static let keys = CommandOption.text(
        "keys", "DIR", "a directory with coordinator.pub and worker.key, for a coordinator that asks for keys")
    private static let giveUp = CommandOption.integer(
        "give-up", "SECONDS", 1...86_400, "how long to look for a coordinator before ending with exit code 1; 60 unless given")
    /// Passed by `run` to the workers that it starts; not for people.
    private static let supervised = CommandFlag("supervised", "")

    static let description = CommandDescription(
        name: "worker", summary: "compute for a coordinator; may join and leave at any time",
        options: [connect, threads, name, data, keys, giveUp, supervised, SharedOptions.quiet, SharedOptions.verbose],
        example: "filterscope worker --connect tcp://127.0.0.1:5555"
    ) { arguments in
        try Runtime.worker(WorkerOptions(
            connect: try arguments.required(connect), threads: arguments.value(threads), name: arguments.value(name),
            data: arguments.value(data), keys: arguments.value(keys), giveUpAfterSeconds: Double(arguments.value(giveUp) ?? 60), supervised: arguments.has(supervised),
            verbosity: try SharedOptions.verbosity(arguments)))
    }
}
