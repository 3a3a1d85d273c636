import Diagnostics
import RunStore

/// A page of the merged log, in order of arrival.
struct LogLines {
    let lines: [LogLine]
    /// Where the next page begins.
    let lastID: Int
    /// The run is over and nothing follows.
    let finished: Bool
}

/// Where the merged log is read from.
protocol LogSource {
    /// What matches after the query's `after`, at most its `limit`.
    func page(_ query: LogQuery) throws(Problem) -> LogLines
    /// - Throws: when nothing can follow although nobody said that the run is over.
    func refuseOrphan() throws(Problem)
}

extension LogSource {
    func refuseOrphan() throws(Problem) {}
}

/// A run's journal, whether its coordinator runs or not.
struct JournalLogSource: LogSource {
    private let directory: RunDirectory
    private let reader: JournalReader

    init(run path: String?) throws(Problem) {
        directory = try RunDirectory.open(path: path)
        reader = try JournalReader(path: directory.journalPath)
    }

    func page(_ query: LogQuery) throws(Problem) -> LogLines {
        let page = try reader.logPage(query)
        return LogLines(lines: page.records.map { LogLine(id: $0.id, $0.record) }, lastID: page.lastID, finished: page.finished)
    }

    func refuseOrphan() throws(Problem) {
        // The state is read after the lock: a coordinator that ended in order said so before it let go.
        guard !directory.isLocked, try reader.condition() == .running else { return }
        throw Problem(
            "the run's coordinator is gone without a word; it was killed, or its machine failed", at: directory.path,
            remedy: "go on with filterscope run … --run \(directory.path) --resume")
    }
}
