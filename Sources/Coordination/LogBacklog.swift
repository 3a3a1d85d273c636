import Diagnostics
import Messages

/// A worker's log records until the coordinator has taken them: what a broken connection lost is sent again over the next one, and
/// what comes twice is told by its number.
public struct LogBacklog: Sendable {
    /// Records and, roughly, bytes kept at most; the oldest go first.
    public static let limit = 50_000
    public static let byteLimit = 16 << 20
    /// Records and, roughly, bytes of one message.
    private static let batchLimit = 1000
    private static let batchBytes = 256 << 10
    /// Records and bytes that may be under way without having been taken: back pressure. The coordinator throws away what is far beyond.
    private static let windowLimit = 10_000
    private static let windowBytes = 4 << 20

    private var records: ArraySlice<LogRecord> = []
    /// The number of the first record kept; the first of all is 1.
    private var first = 1
    /// The number of the last that was sent over the present connection.
    private var sent = 0
    /// Bytes of all, and of those that were sent over the present connection.
    private var (bytes, sentBytes) = (0, 0)
    private var dropped = 0

    public init() {}

    public mutating func add(_ new: [LogRecord]) {
        records += new
        for record in new { bytes += record.byteCount }
        var surplus = max(0, records.count - Self.limit)
        var excess = bytes - Self.byteLimit - records.prefix(surplus).reduce(0) { $0 + $1.byteCount }
        while excess > 0, surplus < records.count {
            excess -= records[records.startIndex + surplus].byteCount
            surplus += 1
        }
        guard surplus > 0 else { return }
        remove(surplus)
        dropped += surplus
    }

    /// The next records that have not gone over this connection; nil where all have, and where enough are under way.
    public mutating func nextBatch() -> LogBatch? {
        let waiting = records.dropFirst(sent + 1 - first)
        let underWay = records.count - waiting.count
        guard !waiting.isEmpty, underWay < Self.windowLimit, underWay == 0 || sentBytes < Self.windowBytes else { return nil }
        var batch: [LogRecord] = []
        var bytes = 0
        for record in waiting.prefix(min(Self.batchLimit, Self.windowLimit - underWay)) {
            bytes += record.byteCount
            if !batch.isEmpty, bytes > Self.batchBytes { break }
            sentBytes += record.byteCount
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
    public mutating func beginAgain() { (sent, sentBytes) = (first - 1, 0) }

    private mutating func remove(_ count: Int) {
        let gone = records.prefix(count)
        for (place, record) in gone.enumerated() {
            bytes -= record.byteCount
            if first + place <= sent { sentBytes -= record.byteCount }
        }
        records = records.dropFirst(count)
        first += count
        sent = max(sent, first - 1)
    }
}
