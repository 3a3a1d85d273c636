import Diagnostics
import Foundation
import Messages

/// What `status --watch` shows on a terminal, as a pure function of what is known.
public struct WatchView: Sendable {
    /// Nil until there is one.
    public var report: StatusReport?
    /// The newest records of the log, the newest last.
    public var log: [LogRecord]
    /// Why what is shown may be old; nil while all is well.
    public var notice: String?
    /// Seconds since 1970.
    public var now: Double

    public init(report: StatusReport? = nil, log: [LogRecord] = [], notice: String? = nil, now: Double) {
        self.report = report
        self.log = log
        self.notice = notice
        self.now = now
    }

    /// The lines from the top, at most `height`, none above `width` columns (colours take none).
    public func lines(width: Int, height: Int, colored: Bool = false) -> [String] {
        let width = max(1, width)
        guard height > 1 else { return height == 1 ? [footer(width, colored)] : [] }
        guard let report else { return [footer(width, colored)] }
        var lines = head(report, width, colored)
        let room = height - 1
        lines = Array(lines.prefix(room))
        // The table comes first; the log has what it leaves, and some of it where the table has to be cut anyway.
        let rows = report.workers.isEmpty ? 1 : report.workers.count + 1
        let left = room - lines.count - 1
        let forLog = left - rows >= 3 || log.isEmpty ? max(0, left - rows) : left >= 12 ? 4 : max(0, left - rows)
        if left > 0 {
            lines.append("")
            lines += WatchWorkers.lines(report.workers, width: width, height: left - forLog, colored: colored)
        }
        let shown = min(room - lines.count - 1, log.count)
        if shown > 0 {
            lines.append("")
            lines += log.suffix(shown).map { logLine($0, width, colored) }
        }
        return lines + [footer(width, colored)]
    }

    /// The same for a terminal whose screen is drawn over. Each line is cleared before it is written: after it, the cursor may stand on
    /// its last character.
    public func frame(width: Int, height: Int, colored: Bool = false) -> String {
        let lines = lines(width: width, height: height, colored: colored)
        return "\u{1B}[H" + lines.map { "\u{1B}[K" + $0 }.joined(separator: "\r\n") + (lines.count < height ? "\r\n\u{1B}[J" : "")
    }

    // MARK: Parts

    private func head(_ report: StatusReport, _ width: Int, _ colored: Bool) -> [String] {
        var lines = [titleLine(report, width, colored)]
        let progress = ProgressLine(
            label: report.phase.isEmpty ? "starting" : report.phase, done: report.step, total: report.totalSteps,
            unit: report.phase == "sweep" ? "networks" : report.phase == "survey" || report.phase == "filters" ? "units" : "steps",
            rate: report.rate, secondsLeft: report.secondsLeft)
        lines.append(progress.text(width: width, colored: colored))
        lines.append(factsLine(report, width))
        lines += curveLines(report, width, colored)
        lines += complaintLines(report, width, colored)
        return lines
    }

    private func titleLine(_ report: StatusReport, _ width: Int, _ colored: Bool) -> String {
        let state = report.state.rawValue
        let room = width - state.terminalColumns - 2
        guard room >= 8 else { return TextColumns.truncated(state, to: width) }
        let recipe = report.recipe.isEmpty ? "" : " (\(report.recipe))"
        // The end of a path tells more than its beginning.
        let run = report.run.printable(" ") + recipe.printable(" ")
        let title = run.terminalColumns <= room ? run : "…" + Self.ending(of: run, columns: room - 1)
        return TextColumns.fitted(title, to: room) + "  " + Paint.apply(Paint.code(report.state), to: state, if: colored)
    }

    private static func ending(of text: String, columns: Int) -> String {
        var (kept, taken): ([Character], Int) = ([], 0)
        for character in text.reversed() {
            taken += character.terminalColumns
            guard taken <= columns else { break }
            kept.append(character)
        }
        return String(kept.reversed())
    }

    private func factsLine(_ report: StatusReport, _ width: Int) -> String {
        var facts = ["for \(NumberText.duration(max(0, report.updatedAt - report.startedAt)))"]
        if report.phase != "sweep" { facts.append("epoch \(report.epoch)") }
        facts += report.metrics.sorted { $0.key < $1.key }.filter { report.curves?[$0.key] == nil }
            .map { "\($0.key.printable(" ")) \(NumberText.short($0.value))" }
        if let waiting = report.waitingShare { facts.append("waiting for samples \(NumberText.percent(waiting, digits: 1))") }
        return TextColumns.truncated(facts.joined(separator: "   "), to: width)
    }

    private func curveLines(_ report: StatusReport, _ width: Int, _ colored: Bool) -> [String] {
        (report.curves ?? [:]).sorted { $0.key > $1.key }.prefix(3).compactMap { name, values in
            let finite = values.compactMap { $0 }
            guard let first = finite.first, let last = report.metrics[name] ?? finite.last else { return nil }
            let label = TextColumns.fitted(name.printable(" "), to: 9)
            let figures = "\(NumberText.short(first)) → \(NumberText.short(last))"
            let room = width - label.terminalColumns - figures.terminalColumns - 4
            guard room >= 8 else { return TextColumns.truncated("\(label) \(figures)", to: width) }
            return "\(label)  \(Paint.apply("36", to: Sparkline.text(values, width: min(room, 120)), if: colored))  \(figures)"
        }
    }

    private func complaintLines(_ report: StatusReport, _ width: Int, _ colored: Bool) -> [String] {
        var lines: [String] = []
        var losses = (report.refusals ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.value) \($0.key.printable(" "))" }
        if !losses.isEmpty { losses[0] = "refused " + losses[0] }
        if let damaged = report.damagedSamples, damaged > 0 { losses.append("\(damaged) damaged samples left out") }
        if !losses.isEmpty { lines.append(Paint.apply("33", to: TextColumns.truncated(losses.joined(separator: ", "), to: width), if: colored)) }
        if let others = report.otherKernels, !others.isEmpty {
            lines.append(TextColumns.truncated("mixed kernels: last bits are not reproducible", to: width))
        }
        if report.state == .paused, report.faults.isEmpty {
            lines.append(Paint.apply("33", to: TextColumns.truncated("paused by an operator: filterscope resume goes on", to: width), if: colored))
        }
        let most = 3
        for fault in report.faults.suffix(most) {
            let wrapped = TextColumns.wrapped("! " + fault.printable(" "), width: width, indent: "  ")
            lines += wrapped.prefix(2).map { Paint.apply("31", to: TextColumns.truncated($0, to: width), if: colored) }
        }
        if report.faults.count > most {
            lines.append(TextColumns.truncated("  … and \(report.faults.count - most) before", to: width))
        }
        return lines
    }

    private func logLine(_ record: LogRecord, _ width: Int, _ colored: Bool) -> String {
        // The day and the level's word are left out: there is little room.
        let line = String(LogText.line(record).dropFirst(11))
        let code: String? = switch record.level {
        case .error: "31"
        case .warning: "33"
        case .debug: "90"
        case .info: nil
        }
        return Paint.apply(code, to: TextColumns.truncated(line, to: width), if: colored)
    }

    private func footer(_ width: Int, _ colored: Bool) -> String {
        if let notice { return Paint.apply("33", to: TextColumns.truncated(notice.printable(" "), to: width), if: colored) }
        guard let report else { return TextColumns.truncated("waiting for the first status   q quits", to: width) }
        let age = now - report.updatedAt
        let text = age > 5 ? "this is how things stood \(NumberText.duration(age)) ago   q quits" : "q quits"
        return Paint.apply("90", to: TextColumns.truncated(text, to: width), if: colored)
    }
}

/// Terminal colours around finished text.
enum Paint {
    static func apply(_ code: String?, to text: String, if colored: Bool) -> String {
        guard colored, let code, !text.isEmpty else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    static func code(_ state: RunState) -> String {
        switch state {
        case .running, .finished: "32"
        case .starting, .waitingForWorkers, .paused: "33"
        case .failed, .interrupted: "31"
        }
    }
}
