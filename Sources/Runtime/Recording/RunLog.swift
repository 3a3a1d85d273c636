import Diagnostics
import Foundation
import Messages
import RunStore

/// A run's log: what the coordinator's logger and the workers write, on its way into the journal, and out of it to those who ask. It
/// belongs to the coordinator's thread.
final class RunLog {
    /// What the coordinator's logger writes to.
    let sink: InMemoryLogSink
    private let journal: Journal
    private let store: LogStore
    private let echo: (LogRecord) -> Void
    /// The last log record that was received of each worker's life, since the log was written.
    private var taken: [String: Int] = [:]
    /// Tells this run's log from those of others at the same address.
    private var name = ""
    /// A page has to fit in a header, and in what an asker may leave unread.
    private static let pageBytes = 100 << 10

    /// - Parameter echo: shows a record to whoever looks on.
    init(_ journal: Journal, limits: LogLimits, sink: InMemoryLogSink, echo: @escaping (LogRecord) -> Void) {
        self.journal = journal
        self.sink = sink
        self.echo = echo
        store = LogStore(journal, limits: limits)
    }

    func open() throws(Problem) {
        name = try journal.value(for: "log") ?? UUID().uuidString
        try journal.setValue(name, for: "log")
    }

    func write(_ record: LogRecord) { sink.write(record) }

    /// Records of a worker's life, up to a number.
    func take(_ records: [LogRecord], ofLife incarnation: String, upTo number: Int) {
        sink.write(records)
        taken[incarnation] = number
    }

    /// What was written since the last time.
    func drain() -> [LogRecord] { sink.drain() }

    /// Shows the records and takes them into the journal, with how far each worker's have come.
    func keep(_ records: [LogRecord]) throws(Problem) {
        guard !records.isEmpty || !taken.isEmpty else { return }
        for record in records { echo(record) }
        try store.append(records, taken: taken)
        taken = [:]
    }

    func page(for request: LogsRequest) throws(Problem) -> LogsReply {
        let page = try journal.logPage(LogQuery(
            worker: request.worker, level: request.level, since: request.since, grep: request.grep, after: request.after,
            limit: min(max(1, request.limit), 1000), scanned: 20_000, until: request.until, workers: request.workers ?? [],
            tail: request.tail))
        let condition = try journal.condition()
        let interrupted = page.finished && condition == .interrupted ? true : nil
        func reply(_ records: some Sequence<StoredLogRecord>, lastID: Int, finished: Bool) -> LogsReply {
            LogsReply(
                entries: records.map { LogEntry(id: $0.id, record: $0.record) }, lastID: lastID, finished: finished,
                interrupted: finished ? interrupted : nil, missing: page.missing > 0 && request.tail == nil ? page.missing : nil, log: name)
        }
        // The last records, as many as a page has room for; or the next ones.
        if request.tail != nil {
            return reply(Self.fitting(page.records.reversed()).reversed(), lastID: page.lastID, finished: page.finished)
        }
        let kept = Self.fitting(page.records)
        let isWhole = kept.count == page.records.count
        return reply(kept, lastID: isWhole ? page.lastID : kept.last?.id ?? request.after, finished: isWhole && page.finished)
    }

    /// As many of the first records as a page has room for; one at least.
    private static func fitting(_ records: [StoredLogRecord]) -> [StoredLogRecord] {
        var bytes = 0
        return Array(records.prefix { stored in
            bytes += stored.record.byteCount
            return bytes <= pageBytes || stored.id == records.first?.id
        })
    }
}
