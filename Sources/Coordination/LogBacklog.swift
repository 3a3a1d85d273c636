import Diagnostics
import Messages

/// A worker's log records until the coordinator has taken them: what a broken connection lost is sent again over the next one, and
/// what comes twice is told by its number.
public struct LogBacklog: Sendable {
    /// Records kept at most; the oldest go first.
    public static let limit = 2000
    /// Records and, roughly, bytes of one message.
    private static let batchLimit = 200
    private static let batchBytes = 256 << 10

    private var records: ArraySlice<LogRecord> = []
    /// The number of the first record kept; the first of all is 1.
    private var first = 1
    /// The number of the last that was sent over the present connection.
    private var sent = 0
    private var dropped = 0

    public init() {}

    public mutating func add(_ new: [LogRecord]) {
        records += new
        let surplus = records.count - Self.limit
        guard surplus > 0 else { return }
        remove(surplus)
        dropped += surplus
    }

    /// The next records that have not gone over this connection; nil where all have.
    public mutating func nextBatch() -> LogBatch? {
        let waiting = records.dropFirst(sent + 1 - first)
        guard !waiting.isEmpty else { return nil }
        var batch: [LogRecord] = []
        var bytes = 0
        for record in waiting.prefix(Self.batchLimit) {
            bytes += record.message.utf8.count + record.fields.reduce(128) { $0 + $1.key.utf8.count + $1.value.utf8.count + 8 }
            if !batch.isEmpty, bytes > Self.batchBytes { break }
            batch.append(record)
        }
        let number = sent + 1
        sent += batch.count
        return LogBatch(firstSequence: number, records: batch, dropped: dropped)
    }

    /// The coordinator has everything up to a number.
    public mutating func taken(upTo number: Int) {
        // A number from nowhere takes nothing away that was not sent.
        remove(max(0, min(number, sent) + 1 - first))
    }

    /// Another connection, or another coordinator: what was not taken is sent again.
    public mutating func beginAgain() { sent = first - 1 }

    private mutating func remove(_ count: Int) {
        records = records.dropFirst(count)
        first += count
        sent = max(sent, first - 1)
    }
}
