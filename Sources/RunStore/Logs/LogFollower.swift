import Diagnostics

/// Follows a run's log from its journal, page by page. It asks for what came after the last id it saw, so the coordinator
/// may stop and start again in between.
///
///     var follower = try LogFollower(path: directory.journalPath, query: LogQuery(level: .warning))
///     while let records = try follower.next() { show(records); wait(seconds: 0.2) }
public struct LogFollower {
    private let reader: JournalReader
    private var query: LogQuery
    private var isOver = false

    /// Begins at `query.after`; hands out at most `query.limit` records at a time, or 1,000.
    public init(path: String, query: LogQuery = LogQuery()) throws(Problem) {
        reader = try JournalReader(path: path)
        self.query = query
        self.query.limit = min(max(query.limit, 1), 1000)
    }

    /// Goes on behind a record that was seen before, as after a reconnect.
    public var lastID: Int { query.after }

    /// What has come since; empty where nothing has. Nil once the run's terminal state is recorded and everything before
    /// it was handed out.
    public mutating func next() throws(Problem) -> [StoredLogRecord]? {
        if isOver { return nil }
        let page = try reader.logPage(query)
        query.after = page.lastID
        isOver = page.finished
        return page.finished && page.records.isEmpty ? nil : page.records
    }
}
