import Diagnostics
import Foundation
import Messages
import Reporting
import Runtime

/// `filterscope status`: phase, progress, rate, time left, each worker's share.
enum StatusCommand {
    private static let watch = CommandFlag("watch", "show it anew every second, until the run is over", short: "w")

    static let description = CommandDescription(
        name: "status", summary: "show where a run stands: phase, progress, rate, time left, each worker's share",
        options: [SharedOptions.run, SharedOptions.connect, SharedOptions.keys, watch, CommandFlag("json", "as JSON; with --watch one object per line")],
        example: "filterscope status --run runs/fashion-demo-20260101-120000 --watch",
        notes: ["Without --run and --connect: the latest run under runs/."]
    ) { arguments in
        let source = try openSource(arguments)
        let watching = arguments.has(watch)
        var shown = false
        while true {
            let report = try source.status()
            try show(report, asJSON: arguments.has(SharedOptions.json), watching: watching, isFirst: !shown)
            shown = true
            if !watching || report.state.isOver { return .done }
            Thread.sleep(forTimeInterval: 1)
        }
    }

    private static func openSource(_ arguments: ParsedArguments) throws -> any StatusSource {
        guard let endpoint = arguments.value(SharedOptions.connect) else {
            return try JournalStatusSource(run: arguments.value(SharedOptions.run))
        }
        guard arguments.value(SharedOptions.run) == nil else { throw arguments.usageError("--run and --connect exclude each other") }
        return CoordinatorStatusSource(inquiry: try CoordinatorInquiry(endpoint, keys: try SharedOptions.clientKeys(arguments, [.observer, .operator])))
    }

    private static func show(_ report: StatusReport, asJSON: Bool, watching: Bool, isFirst: Bool) throws {
        let now = Date().timeIntervalSince1970
        let style = StandardOutput.style
        if asJSON {
            StandardOutput.write(watching ? try jsonLine(report) + "\n" : try jsonText(report))
        } else if watching, style.isTerminal {
            if isFirst { StandardOutput.write("\u{1B}[2J") }
            StandardOutput.write(StatusView.frame(report, now: now, width: style.width, height: style.height, colored: style.colored))
        } else {
            if !isFirst { StandardOutput.write("\n") }
            StandardOutput.write(StatusView.text(report, now: now, width: style.width, colored: style.colored))
        }
    }
}

extension RunState {
    /// Nothing follows, unless the run is resumed.
    fileprivate var isOver: Bool { self == .finished || self == .failed || self == .interrupted }
}

extension TerminalStyle {
    /// Lines of the terminal; 24 where that cannot be told.
    fileprivate var height: Int {
        var size = winsize()
        return isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
    }
}
