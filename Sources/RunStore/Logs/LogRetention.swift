import Diagnostics

/// How much of a run's log is kept.
public struct LogLimits: Hashable, Sendable {
    /// Bytes of text and, roughly, what a row takes beside it.
    public var bytes: Int
    /// Seconds, by the records' times; nil: however old.
    public var seconds: Double?

    public init(bytes: Int = 256 << 20, seconds: Double? = nil) {
        self.bytes = bytes
        self.seconds = seconds
    }
}

/// What is there, in blocks of the order of arrival, so that the oldest can go without being looked for. SQLite uses the room of rows
/// that went for rows that come.
struct LogRetention {
    private struct Block {
        var lastID: Int
        var bytes: Int
        /// The newest time in it.
        var time: Double
    }

    private var blocks: ArraySlice<Block> = []
    private var bytes = 0
    private static let rowBytes = 64
    private static let blockBytes = 256 << 10

    /// Reads how much there is, which takes a look at all of it.
    init(_ database: Database) throws(Problem) {
        let rows = try database.rows(
            """
            SELECT max(id), sum(length(message) + length(fields) + length(source)) + count(*) * \(Self.rowBytes), max(time)
            FROM logs GROUP BY id / 1000 ORDER BY 1
            """
        ) { row throws(Problem) in Block(lastID: try row.integer(0), bytes: try row.integer(1), time: try row.double(2)) }
        blocks = rows[...]
        bytes = rows.reduce(0) { $0 + $1.bytes }
    }

    mutating func note(_ records: [LogRecord], lastID: Int) {
        let more = records.reduce(0) { sum, record in
            record.fields.reduce(sum + Self.rowBytes + record.source.utf8.count + record.message.utf8.count + 2) {
                $0 + $1.key.utf8.count + $1.value.utf8.count + 6
            }
        }
        let newest = records.reduce(-Double.infinity) { max($0, $1.time) }
        bytes += more
        if let last = blocks.last, last.bytes + more <= Self.blockBytes {
            blocks[blocks.endIndex - 1] = Block(lastID: lastID, bytes: last.bytes + more, time: max(last.time, newest))
        } else {
            blocks.append(Block(lastID: lastID, bytes: more, time: newest))
        }
    }

    /// Lets the oldest blocks go, never the newest.
    /// - Parameter most: rows that go at most this time: a coordinator has other things to do.
    mutating func prune(_ database: Database, _ limits: LogLimits, now: Double, atMost most: Int) throws(Problem) {
        var room = most
        while blocks.count > 1, room > 0, let oldest = blocks.first {
            guard bytes > limits.bytes || limits.seconds.map({ oldest.time < now - $0 }) ?? false else { return }
            try database.execute(
                "DELETE FROM logs WHERE id IN (SELECT id FROM logs WHERE id <= ? ORDER BY id LIMIT ?)", oldest.lastID, room)
            room -= database.changedRowCount
            // The rest of a large block goes the next time.
            guard room > 0 else { return }
            bytes -= oldest.bytes
            blocks.removeFirst()
        }
    }
}
