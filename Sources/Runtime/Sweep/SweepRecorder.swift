import Diagnostics
import Foundation
import Messages
import RunStore

/// What a sweep leaves behind as it goes: its log, and the status that `filterscope status` shows, put together from those of the
/// networks under way.
final class SweepRecorder {
    let logger: Logger
    private let journal: Journal
    private let directory: RunDirectory
    private let recipeName: String
    private let total: Int
    private let display: LogDisplay
    private let sink: InMemoryLogSink
    private let startedAt = Date().timeIntervalSince1970
    private var lastStatus = 0.0

    /// - Parameter total: the sweep's networks.
    init(_ directory: RunDirectory, journal: Journal, recipeName: String, total: Int, display: LogDisplay) {
        sink = InMemoryLogSink()
        logger = Logger(source: "sweep", level: .debug, sink: sink)
        self.journal = journal
        self.directory = directory
        self.recipeName = recipeName
        self.total = total
        self.display = display
    }

    /// Journals what was logged, and twice a second the status.
    func idle(done: Int, running: [SweepProcess]) throws(Problem) {
        try writeLogs()
        guard Date().timeIntervalSince1970 - lastStatus >= 0.5 else { return }
        try writeStatus(.running, done: done, networks: running.map(\.point))
    }

    /// The last status and, last of all, how the sweep ended.
    func close(_ state: RunState, condition: RunCondition, done: Int) throws(Problem) {
        try writeLogs()
        try writeStatus(state, done: done, networks: [])
        try journal.setCondition(condition)
    }

    private func writeLogs() throws(Problem) {
        let records = sink.drain()
        for record in records { display.show(record) }
        try LogStore(journal).append(records)
    }

    private func writeStatus(_ state: RunState, done: Int, networks: [SweepPlan.Point]) throws(Problem) {
        lastStatus = Date().timeIntervalSince1970
        var report = StatusReport(
            run: directory.path, recipe: recipeName, phase: "sweep", state: state, step: done, totalSteps: total, epoch: 0, rate: 0,
            startedAt: startedAt, updatedAt: lastStatus)
        // A network that has just begun has no status yet; one that cannot be read is its own run's concern.
        for network in networks {
            guard let reader = try? JournalReader(path: directory.file(network.directory) + "/run.sqlite"), let stored = try? reader.status(),
                let own = try? JSONDecoder().decode(StatusReport.self, from: Data(stored.json.utf8))
            else { continue }
            report.rate += own.rate
            report.faults += own.faults.map { "\(network.name): \($0)" }
            report.workers += own.workers.map { worker in
                var worker = worker
                // Short, since a terminal has few columns: labels, seed, worker.
                worker.name = "\(network.labels)-\(network.seed)/\(worker.name.replacingOccurrences(of: "worker-", with: "w"))"
                worker.share /= Double(networks.count)
                return worker
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let json = try? encoder.encode(report) else { return }
        try journal.setStatus(json: String(decoding: json, as: UTF8.self), at: lastStatus)
    }
}
