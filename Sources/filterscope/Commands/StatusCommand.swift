import Diagnostics
import Foundation
import Messages
import Reporting
import Runtime
import Transport

/// `filterscope status`: phase, progress, rate, time left, each worker's share.
enum StatusCommand {
    private static let watch = CommandFlag("watch", "the whole screen on a terminal (q quits), else plain text anew every second; until the run is over", short: "w")

    static let description = CommandDescription(
        name: "status", summary: "show where a run stands: phase, progress, rate, time left, each worker's share",
        options: [SharedOptions.run, SharedOptions.connect, SharedOptions.keys, watch, CommandFlag("json", "as JSON; with --watch one object per line")],
        example: "filterscope status --run runs/fashion-demo-20260101-120000 --watch",
        notes: ["Without --run and --connect: the latest run under runs/."]
    ) { arguments in
        let watching = arguments.has(watch)
        let asJSON = arguments.has(SharedOptions.json)
        let style = StandardOutput.style
        if watching, !asJSON, style.isTerminal {
            let opening = try opening(arguments)
            return try StatusWatch.run({ try opening.both() }, colored: style.colored)
        }
        let source = try opening(arguments).status()
        var shown = false
        while true {
            let report = try source.status()
            try show(report, asJSON: asJSON, watching: watching, isFirst: !shown)
            shown = true
            if !watching || report.state.isOver { return .done }
            Thread.sleep(forTimeInterval: 1)
        }
    }

    /// Where status and log come from, to be opened on the thread that reads them.
    private struct Opening: Sendable {
        let run: String?
        let endpoint: String?
        let keys: ClientKeys?

        func status() throws(Problem) -> any StatusSource {
            guard let endpoint else { return try JournalStatusSource(run: run) }
            return CoordinatorStatusSource(inquiry: try CoordinatorInquiry(endpoint, keys: keys))
        }

        func both() throws(Problem) -> (any StatusSource, any LogSource) {
            guard let endpoint else { return (try JournalStatusSource(run: run), try JournalLogSource(run: run)) }
            let inquiry = try CoordinatorInquiry(endpoint, keys: keys)
            return (CoordinatorStatusSource(inquiry: inquiry), CoordinatorLogSource(inquiry: inquiry))
        }
    }

    private static func opening(_ arguments: ParsedArguments) throws -> Opening {
        let endpoint = arguments.value(SharedOptions.connect)
        guard endpoint == nil || arguments.value(SharedOptions.run) == nil else {
            throw arguments.usageError("--run and --connect exclude each other")
        }
        return Opening(
            run: arguments.value(SharedOptions.run), endpoint: endpoint,
            keys: endpoint == nil ? nil : try SharedOptions.clientKeys(arguments, [.observer, .operator]))
    }

    private static func show(_ report: StatusReport, asJSON: Bool, watching: Bool, isFirst: Bool) throws {
        if asJSON {
            StandardOutput.write(watching ? try jsonLine(report) + "\n" : try jsonText(report))
        } else {
            if !isFirst { StandardOutput.write("\n") }
            let style = StandardOutput.style
            StandardOutput.write(StatusView.text(
                report, now: Date().timeIntervalSince1970, width: style.width, colored: style.colored))
        }
    }
}
