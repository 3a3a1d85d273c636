import Diagnostics
import Messages
import RunStore
import Runtime

/// `filterscope pause`, `resume`, `stop` and `drain`: what an operator asks of a coordinator.
enum OperatorCommands {
    static let pause = description(
        .pause, "deal out no more work until \"filterscope resume\"; units in hand are finished",
        example: "filterscope pause --run runs/fashion-demo-20260101-120000")
    static let resume = description(.resume, "go on after \"filterscope pause\"", example: "filterscope resume --run runs/fashion-demo-20260101-120000")
    static let stop = description(
        .stop, "end a run after the step under way, with a checkpoint to go on from",
        example: "filterscope stop --connect tcp://127.0.0.1:5555")
    static let drain = description(
        .drain, "dismiss one worker when it has finished the units that it has", example: "filterscope drain worker-2 --connect tcp://127.0.0.1:5555")

    private static func description(_ action: CommandAction, _ summary: String, example: String) -> CommandDescription {
        CommandDescription(
            name: action.rawValue, summary: summary,
            positionals: action == .drain ? [Positional("WORKER", "the worker's name, as \"filterscope status\" shows it")] : [],
            options: [SharedOptions.run, SharedOptions.connect, SharedOptions.keys], example: example,
            notes: ["Without --run and --connect: the latest run under runs/. A coordinator with keys wants an operator's."]
        ) { arguments in
            let inquiry = try CoordinatorInquiry(try endpoint(arguments), keys: try SharedOptions.clientKeys(arguments, [.operator]))
            let command = Command(action, worker: action == .drain ? arguments.positionals.first : nil)
            let reply = try inquiry.ask(.command(command)) { if case .commandReply(let reply) = $0 { reply } else { nil } }
            StandardOutput.writeLine(reply.message)
            return .done
        }
    }

    /// Where the coordinator is: as named, or as its run directory says.
    private static func endpoint(_ arguments: ParsedArguments) throws -> String {
        let run = arguments.value(SharedOptions.run)
        if let endpoint = arguments.value(SharedOptions.connect) {
            guard run == nil else { throw arguments.usageError("--run and --connect exclude each other") }
            return endpoint
        }
        let directory = try RunDirectory.open(path: run)
        let reader = try JournalReader(path: directory.journalPath)
        guard try !reader.isSweep() else {
            throw Problem(
                "is a sweep", at: directory.path, remedy: "each network has a run of its own: name it with --run \(directory.path)/points/…")
        }
        guard directory.isLocked, let endpoint = try reader.value(for: "endpoint") else {
            throw Problem(
                "no coordinator works on this run now", at: directory.path,
                remedy: "look at filterscope status --run \(directory.path), or name the coordinator with --connect")
        }
        return reachable(endpoint)
    }

    /// A coordinator that listens on all addresses is on this machine, for its run directory is.
    private static func reachable(_ endpoint: String) -> String {
        for any in ["tcp://0.0.0.0:", "tcp://[::]:"] where endpoint.hasPrefix(any) {
            return (any.contains("[") ? "tcp://[::1]:" : "tcp://127.0.0.1:") + endpoint.dropFirst(any.count)
        }
        return endpoint
    }
}
