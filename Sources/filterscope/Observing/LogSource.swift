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
}

/// A run's journal, whether its coordinator runs or not.
struct JournalLogSource: LogSource {
    let reader: JournalReader

    init(run path: String?) throws(Problem) {
        reader = try JournalReader(path: RunDirectory.open(path: path).journalPath)
    }

    func page(_ query: LogQuery) throws(Problem) -> LogLines {
        let page = try reader.logPage(query)
        return LogLines(lines: page.records.map { LogLine(id: $0.id, $0.record) }, lastID: page.lastID, finished: page.finished)
    }
}
