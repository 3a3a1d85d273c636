import Diagnostics
import RunStore

/// A page of the merged log, in order of arrival.
struct LogLines {
    var lines: [LogLine]
    /// Where the next page begins.
    var lastID: Int
    /// The run is over and nothing follows.
    var finished: Bool
    /// It was interrupted, and may go on.
    var isInterrupted = false
    /// Records that are not kept any more, and were not read before.
    var missing = 0
    /// Tells one run's log from another's; nil where that cannot be.
    var log: String?
}

/// Where the merged log is read from.
protocol LogSource {
    /// What matches after the query's `after`, at most its `limit`.
    func page(_ query: LogQuery) throws(Problem) -> LogLines
    /// The next part of a listing by time, of what had arrived up to an id; nil where it can only be had in order of arrival.
    func listing(_ query: LogQuery, behind place: LogLine?, upTo id: Int) throws(Problem) -> [LogLine]?
    /// Whether a query's `tail` is answered whole, however much that is and whatever it leaves out.
    var givesAnyTail: Bool { get }
    /// Why nothing can follow for the time being, although the run is not over; nil where something can.
    func absence() throws(Problem) -> String?
}

extension LogSource {
    func listing(_ query: LogQuery, behind place: LogLine?, upTo id: Int) throws(Problem) -> [LogLine]? { nil }
    var givesAnyTail: Bool { false }
    func absence() throws(Problem) -> String? { nil }
}

/// A run's journal, whether its coordinator runs or not.
struct JournalLogSource: LogSource {
    private let directory: RunDirectory
    private let reader: JournalReader

    init(run path: String?) throws(Problem) {
        directory = try RunDirectory.open(path: path)
        reader = try JournalReader(path: directory.journalPath)
    }

    func listing(_ query: LogQuery, behind place: LogLine?, upTo id: Int) throws(Problem) -> [LogLine]? {
        try reader.logs(query, behind: place.map { ($0.time, $0.id) }, upTo: id).map { LogLine(id: $0.id, $0.record) }
    }

    var givesAnyTail: Bool { true }

    func page(_ query: LogQuery) throws(Problem) -> LogLines {
        let page = try reader.logPage(query)
        let condition = try reader.condition()
        return LogLines(
            lines: page.records.map { LogLine(id: $0.id, $0.record) }, lastID: page.lastID,
            finished: page.finished, isInterrupted: page.finished && condition == .interrupted, missing: page.missing)
    }

    func absence() throws(Problem) -> String? {
        // The state is read after the lock: a coordinator that ended in order said so before it let go.
        guard !directory.isLocked, try reader.condition() == .running else { return nil }
        return "the run's coordinator is gone without a word; it was killed, or its machine failed (go on with filterscope run … --run \(directory.path) --resume)"
    }
}
