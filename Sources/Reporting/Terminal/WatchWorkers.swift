import Messages

/// The table of workers of `status --watch`.
enum WatchWorkers {
    private struct Column: Sendable {
        let title: String
        let alignment: TextColumns.Alignment
        /// The columns that a terminal must have for it.
        let needs: Int
        let cell: @Sendable (WorkerStatus) -> String
    }

    private static let columns: [Column] = [
        Column(title: "state", alignment: .left, needs: 0) { $0.stateText },
        Column(title: "host", alignment: .left, needs: 120) { TextColumns.truncated($0.host.printable(" "), to: 20) },
        Column(title: "threads", alignment: .right, needs: 100) { "\($0.threads)" },
        Column(title: "share", alignment: .right, needs: 0) { NumberText.percent($0.share, digits: 0) },
        Column(title: "images/s", alignment: .right, needs: 60) { $0.rate.map(NumberText.short) ?? "" },
        Column(title: "units", alignment: .right, needs: 78) { "\($0.unitsDone)" },
        Column(title: "waits", alignment: .right, needs: 110) { $0.waitingShare.map { NumberText.percent($0, digits: 1) } ?? "" },
        Column(title: "lag", alignment: .right, needs: 30) { NumberText.duration($0.lagSeconds) },
        Column(title: "memory", alignment: .right, needs: 50) { NumberText.bytes($0.residentBytes) },
        Column(title: "faults", alignment: .right, needs: 40) { "\($0.faults ?? 0)" },
        Column(title: "clock", alignment: .right, needs: 130) { $0.clockOffset.map(clockText) ?? "" },
    ]

    /// - Parameter height: lines that there is room for.
    static func lines(_ workers: [WorkerStatus], width: Int, height: Int, colored: Bool) -> [String] {
        guard height > 0 else { return [] }
        guard !workers.isEmpty else { return [TextColumns.truncated("No worker is present.", to: width)] }
        guard height > 1 else { return [TextColumns.truncated("\(workers.count) workers", to: width)] }
        let fits = workers.count + 1 <= height
        let count = fits ? workers.count : max(0, height - 2)
        // Where not all can be shown, those that need looking after come first.
        let shown = fits ? workers : Array((workers.filter(\.needsCare) + workers.filter { !$0.needsCare }).prefix(count))
        let chosen = columns.filter { $0.needs <= width }
        let rows = [chosen.map(\.title)] + shown.map { worker in chosen.map { $0.cell(worker) } }
        let rest = TextColumns.lines(rows, alignment: chosen.map(\.alignment))
        let taken = rest.map(\.terminalColumns).max() ?? 0
        let longest = shown.map { $0.name.printable(" ").terminalColumns }.max() ?? 0
        let room = max(6, min(max(longest, 6), width - taken - 2, 40))
        var lines = zip(["worker"] + shown.map { $0.name.printable(" ") }, rest).enumerated().map { index, cells in
            let line = TextColumns.truncated(TextColumns.fitted(cells.0, to: room) + "  " + cells.1, to: width)
            return Paint.apply(index == 0 ? "1" : shown[index - 1].code, to: line, if: colored)
        }
        if !fits { lines.append(TextColumns.truncated("… and \(workers.count - count) more", to: width)) }
        return lines
    }

    /// `+2 h 03 min`: what its clock lacks.
    private static func clockText(_ offset: Double) -> String { (offset < 0 ? "-" : "+") + NumberText.duration(abs(offset)) }
}

extension WorkerStatus {
    fileprivate var stateText: String { isDraining == true ? "draining" : state.rawValue }
    fileprivate var needsCare: Bool { code != nil }

    fileprivate var code: String? {
        switch state {
        case .lost: "31"
        case .lagging: "33"
        default: isDraining == true || (faults ?? 0) > 0 ? "33" : nil
        }
    }
}
