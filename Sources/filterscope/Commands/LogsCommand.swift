import Diagnostics
import Foundation
import RunStore
import Runtime

/// `filterscope logs`: one merged log of coordinator and workers, listed or followed.
enum LogsCommand {
    private static let follow = CommandFlag("follow", "go on as records come, until the run is over", short: "f")
    private static let worker = CommandOption.text("worker", "NAME", "only this worker's records, or \"coordinator\"")
    private static let level = CommandOption.choice(
        "level", "LEVEL", LogLevel.allCases.map(\.name), "only records of at least this level: debug, info, warning, error")
    private static let since = CommandOption.duration("since", "TIME", "only records of the last 30s, 10m, 2h or 1d")
    private static let grep = CommandOption.text("grep", "TEXT", "only records whose message or fields contain this text")

    static let description = CommandDescription(
        name: "logs", summary: "print the merged, time-ordered log of coordinator and workers",
        options: [
            SharedOptions.run, SharedOptions.connect, SharedOptions.keys, follow, worker, level, since, grep,
            CommandFlag("json", "one JSON object per line"),
        ],
        example: "filterscope logs --run runs/fashion-demo-20260101-120000 -f --level warning",
        notes: ["Without --run and --connect: the latest run under runs/. Times are UTC."]
    ) { arguments in
        var query = LogQuery(
            worker: arguments.value(worker), level: arguments.value(level).flatMap(LogLevel.init(name:)),
            since: arguments.value(since).map { Date().timeIntervalSince1970 - $0 }, grep: arguments.value(grep), limit: pageSize)
        let source = try openSource(arguments)
        let asJSON = arguments.has(SharedOptions.json)
        let colored = StandardOutput.style.colored
        func show(_ lines: [LogLine]) throws {
            for line in lines { StandardOutput.writeLine(asJSON ? try jsonLine(line) : line.text(colored: colored)) }
        }
        // Pages come in order of arrival; what stands there already is put in order of time as a whole.
        var backlog: [LogLine] = []
        var finished = false
        while true {
            let page = try source.page(query)
            backlog += page.lines
            finished = page.finished
            // A page may hold fewer records than asked; the end is where the place in the log stands still.
            guard page.lastID > query.after else { break }
            query.after = page.lastID
        }
        try show(inOrder(backlog))
        while arguments.has(follow), !finished {
            Thread.sleep(forTimeInterval: 0.2)
            let page = try source.page(query)
            (query.after, finished) = (page.lastID, page.finished)
            try show(inOrder(page.lines))
            if page.lines.isEmpty, !finished { try source.refuseOrphan() }
        }
        return .done
    }

    /// What a coordinator sends at most in one reply.
    private static let pageSize = 1000

    private static func inOrder(_ lines: [LogLine]) -> [LogLine] { lines.sorted { ($0.time, $0.id) < ($1.time, $1.id) } }

    private static func openSource(_ arguments: ParsedArguments) throws -> any LogSource {
        guard let endpoint = arguments.value(SharedOptions.connect) else {
            return try JournalLogSource(run: arguments.value(SharedOptions.run))
        }
        guard arguments.value(SharedOptions.run) == nil else { throw arguments.usageError("--run and --connect exclude each other") }
        return CoordinatorLogSource(inquiry: try CoordinatorInquiry(endpoint, keys: try SharedOptions.clientKeys(arguments, [.observer, .operator])))
    }
}
