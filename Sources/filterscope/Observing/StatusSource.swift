import Diagnostics
import Foundation
import Messages
import RunStore

/// Where a run's status is read from.
protocol StatusSource {
    /// - Returns: whether the run's coordinator is gone without having said how the run ended, as well.
    func standing() throws(Problem) -> (report: StatusReport, isOrphaned: Bool)
}

extension StatusSource {
    func status() throws(Problem) -> StatusReport { try standing().report }
}

extension RunState {
    /// Nothing follows, unless the run is resumed.
    var isOver: Bool { self == .finished || self == .failed || self == .interrupted }
}

/// The status that a coordinator leaves in its run's journal twice a second.
struct JournalStatusSource: StatusSource {
    private let reader: JournalReader
    private let directory: RunDirectory
    private var path: String { directory.path }

    init(run path: String?) throws(Problem) {
        directory = try RunDirectory.open(path: path)
        reader = try JournalReader(path: directory.journalPath)
    }

    func standing() throws(Problem) -> (report: StatusReport, isOrphaned: Bool) {
        guard let stored = try reader.status() else {
            guard try !reader.isSweep() else {
                throw Problem(
                    "is a sweep: \(try reader.sweepPoints().count) of its networks are finished", at: path,
                    remedy: "each network has a run of its own: filterscope status --run \(path)/points/labels-…-seed-…")
            }
            throw Problem("no status is recorded yet", at: path, remedy: "wait a moment, or look at filterscope logs --run \(path)")
        }
        // The state is read after the lock: a coordinator that ended in order said so before it let go.
        let isLocked = directory.isLocked
        let isOrphan = try reader.condition() == .running && !isLocked
        do {
            var report = try JSONDecoder().decode(StatusReport.self, from: Data(stored.json.utf8))
            if isOrphan {
                report.state = .interrupted
                report.workers = []
                report.http = nil
                report.faults.append("the coordinator is gone without a word; go on with --resume")
            }
            return (report, isOrphan)
        } catch {
            throw Problem("the recorded status cannot be read: \(error)", at: path, remedy: "use the program that wrote it")
        }
    }
}
