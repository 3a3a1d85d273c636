import Foundation
import Messages

/// `filterscope status` as plain text for 80 columns.
public enum StatusView {
    /// - Parameters:
    ///   - now: seconds since 1970, to say how old the report is.
    ///   - colored: whether states carry terminal colours.
    public static func text(_ report: StatusReport, now: Double, width: Int = 80, colored: Bool = false) -> String {
        var lines: [String] = []
        let recipe = report.recipe.isEmpty ? "" : " (\(TextColumns.printable(report.recipe)))"
        lines.append("Run      \(TextColumns.printable(report.run))\(recipe)")
        lines.append("State    \(Paint.apply(Paint.code(report.state), to: report.state.rawValue, if: colored)), for \(NumberText.duration(max(0, report.updatedAt - report.startedAt)))")
        let progress = ProgressLine(
            label: "Phase    " + TextColumns.printable(report.phase), done: report.step, total: report.totalSteps,
            unit: report.phase == "sweep" ? "networks" : "steps")
        lines.append(progress.text(width: width, colored: colored))
        var pace = report.phase == "sweep" ? [] : ["epoch \(report.epoch)"]
        pace.append("\(NumberText.short(report.rate)) images/s")
        if let left = report.secondsLeft { pace.append("\(NumberText.duration(left)) left") }
        lines.append("Pace     " + pace.joined(separator: ", "))
        if let waiting = report.waitingShare {
            lines.append("Waiting  \(NumberText.percent(waiting, digits: 2)) of lanes' time, for samples")
        }
        if let damaged = report.damagedSamples, damaged > 0 { lines.append("Damaged  \(damaged) samples, left out") }
        if let refusals = report.refusals, !refusals.isEmpty {
            let counts = refusals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \(TextColumns.printable($0.key))" }
            for (index, line) in TextColumns.wrapped(counts.joined(separator: ", "), width: width - 9).enumerated() {
                lines.append((index == 0 ? "Refused  " : "         ") + line)
            }
        }
        if let others = report.otherKernels, !others.isEmpty {
            let text = "mixed, so that last bits are not reproducible: also " + others.map(TextColumns.printable).joined(separator: "; ")
            for (index, line) in TextColumns.wrapped(text, width: width - 9).enumerated() {
                lines.append((index == 0 ? "Kernels  " : "         ") + line)
            }
        }
        if !report.metrics.isEmpty {
            let metrics = report.metrics.sorted { $0.key < $1.key }.map { "\(TextColumns.printable($0.key)) \(NumberText.short($0.value))" }
            for (index, line) in TextColumns.wrapped(metrics.joined(separator: ", "), width: width - 9).enumerated() {
                lines.append((index == 0 ? "Metrics  " : "         ") + line)
            }
        }
        if let http = report.http { lines.append("Page     " + TextColumns.truncated(TextColumns.printable(http), to: width - 9)) }
        lines.append("")
        lines += workerLines(report, width: width, colored: colored)
        for fault in report.faults {
            lines += TextColumns.wrapped("! " + TextColumns.printable(fault), width: width, indent: "  ").map { Paint.apply("31", to: $0, if: colored) }
        }
        let age = now - report.updatedAt
        if age > 5 { lines += ["", "This is how things stood \(NumberText.duration(age)) ago."] }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func workerLines(_ report: StatusReport, width: Int, colored: Bool) -> [String] {
        guard !report.workers.isEmpty else { return ["No worker has joined yet."] }
        var cells = [["worker", "host", "threads", "state", "share", "units", "waits", "silent", "memory"]]
        for worker in report.workers {
            cells.append([
                TextColumns.truncated(TextColumns.printable(worker.name), to: 13), TextColumns.truncated(TextColumns.printable(worker.host), to: 9),
                "\(worker.threads)", worker.state.rawValue, NumberText.percent(worker.share, digits: 0), "\(worker.unitsDone)",
                worker.waitingShare.map { NumberText.percent($0, digits: 1) } ?? "", NumberText.duration(worker.lagSeconds), NumberText.bytes(worker.residentBytes),
            ])
        }
        let lines = TextColumns.lines(cells, alignment: [.left, .left, .right, .left, .right, .right, .right, .right, .right])
        // Colour goes over finished lines: escape codes would count as characters before.
        return lines.enumerated().map { index, line in
            let line = TextColumns.truncated(line, to: width)
            guard index > 0 else { return line }
            let state = report.workers[index - 1].state
            return state == .lost || state == .lagging ? Paint.apply(state == .lost ? "31" : "33", to: line, if: colored) : line
        }
    }
}
