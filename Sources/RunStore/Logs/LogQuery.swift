import Diagnostics

/// A log record with the id it has in the journal.
public struct StoredLogRecord: Hashable, Sendable {
    public var id: Int
    public var record: LogRecord

    public init(id: Int, record: LogRecord) {
        self.id = id
        self.record = record
    }
}

/// Which log records are wanted. Everything where nothing is set.
public struct LogQuery: Hashable, Sendable {
    /// Records of this source: a worker's name, or `coordinator`.
    public var worker: String?
    /// Records of at least this level.
    public var level: LogLevel?
    /// Records from this time on, in seconds since 1970.
    public var since: Double?
    /// Records whose message, or a field's key or value, contains this text, letter by letter.
    public var grep: String?
    /// Records with a larger id.
    public var after: Int
    /// At most this many.
    public var limit: Int
    /// How many records of the log are looked through for them at most.
    public var scanned: Int

    public init(
        worker: String? = nil, level: LogLevel? = nil, since: Double? = nil, grep: String? = nil, after: Int = 0,
        limit: Int = .max, scanned: Int = .max
    ) {
        self.worker = worker
        self.level = level
        self.since = since
        self.grep = grep
        self.after = after
        self.limit = limit
        self.scanned = scanned
    }

    /// The highest id that is looked at.
    var last: Int {
        let (last, overflow) = after.addingReportingOverflow(scanned)
        return overflow ? .max : last
    }

    /// The conditions in SQL, and the values of its question marks.
    var condition: (sql: String, values: [any SQLiteConvertible]) {
        var clauses = ["id > ?", "id <= ?"]
        var values: [any SQLiteConvertible] = [after, last]
        if let worker {
            clauses.append("source = ?")
            values.append(worker)
        }
        if let level {
            let names = LogLevel.allCases.filter { $0 >= level }.map { "'\($0.name)'" }
            clauses.append("level IN (\(names.joined(separator: ", ")))")
        }
        if let since {
            clauses.append("time >= ?")
            values.append(since)
        }
        if let grep, !grep.isEmpty {
            clauses.append(
                """
                (instr(message, ?) > 0 OR EXISTS (SELECT 1 FROM json_each(fields) AS field
                WHERE instr(field.key, ?) > 0 OR instr(field.value, ?) > 0))
                """)
            values += [grep, grep, grep]
        }
        return (clauses.joined(separator: " AND "), values)
    }
}

/// Records by ascending id, and where the next page begins.
public struct LogPage: Hashable, Sendable {
    public var records: [StoredLogRecord]
    /// Ask on with `after` at this; it may lie beyond the last record, where later ones did not match.
    public var lastID: Int
    /// The run's terminal state is recorded and nothing follows.
    public var finished: Bool
}
