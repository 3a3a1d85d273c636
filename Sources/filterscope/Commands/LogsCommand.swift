import Diagnostics
import Foundation
import RunStore
import Runtime

/// `filterscope logs`: one merged log of coordinator and workers, listed or followed.
enum LogsCommand {
    private static let follow = CommandFlag("follow", "go on as records come, until the run is over", short: "f")
    private static let worker = CommandOption.text(
        "worker", "NAME", "only this worker's records, or \"coordinator\"; may stand several times, and have * and ?", isRepeatable: true)
    private static let level = CommandOption.choice(
        "level", "LEVEL", LogLevel.allCases.map(\.name), "only records of at least this level: debug, info, warning, error")
    private static let since = CommandOption.moment("since", "TIME", "only records of the last 30s, 10m, 2h or 1d, or since 2026-01-31T12:00:00Z")
    private static let until = CommandOption.moment("until", "TIME", "only records before such a time")
    private static let tail = CommandOption.integer("tail", "N", 0...1_000_000, "only the last N of what is there already")
    private static let grep = CommandOption.text("grep", "TEXT", "only records whose message or fields contain this text")
    private static let wait = CommandOption.duration(
        "wait", "TIME", "with --follow: give up when the coordinator has been away for so long (for ever unless given)")

    static let description = CommandDescription(
        name: "logs", summary: "print the merged, time-ordered log of coordinator and workers",
        options: [
            SharedOptions.run, SharedOptions.connect, SharedOptions.keys, follow, worker, level, since, until, tail, grep, wait,
            CommandFlag("json", "one JSON object per line"),
        ],
        example: "filterscope logs --run runs/fashion-demo-20260101-120000 -f --level warning",
        notes: ["Without --run and --connect: the latest run under runs/. Times are UTC, by the coordinator's clock."]
    ) { arguments in
        let query = LogQuery(
            level: arguments.value(level).flatMap(LogLevel.init(name:)), since: arguments.value(since), grep: arguments.value(grep),
            until: arguments.value(until), workers: arguments.values(worker))
        let output = LogOutput(asJSON: arguments.has(SharedOptions.json), colored: StandardOutput.style.colored)
        var following = LogFollowing(
            source: try openSource(arguments), output: output, query: query, tail: arguments.value(tail),
            waitSeconds: arguments.value(wait))
        let isOver = try following.list()
        if arguments.has(follow), !isOver { try following.follow() }
        return .done
    }

    private static func openSource(_ arguments: ParsedArguments) throws -> any LogSource {
        guard let endpoint = arguments.value(SharedOptions.connect) else {
            return try JournalLogSource(run: arguments.value(SharedOptions.run))
        }
        guard arguments.value(SharedOptions.run) == nil else { throw arguments.usageError("--run and --connect exclude each other") }
        return CoordinatorLogSource(inquiry: try CoordinatorInquiry(endpoint, keys: try SharedOptions.clientKeys(arguments, [.observer, .operator])))
    }
}
