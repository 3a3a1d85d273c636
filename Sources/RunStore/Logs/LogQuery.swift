import Diagnostics
import Foundation

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
    /// Records before this time, in seconds since 1970.
    public var until: Double?
    /// Records of any of these sources: names, or patterns in which `*` stands for any text and `?` for one character. All where empty.
    public var workers: [String]
    /// Of what matches, only so many of the last.
    public var tail: Int?

    public init(
        worker: String? = nil, level: LogLevel? = nil, since: Double? = nil, grep: String? = nil, after: Int = 0,
        limit: Int = .max, scanned: Int = .max, until: Double? = nil, workers: [String] = [], tail: Int? = nil
    ) {
        self.worker = worker
        self.level = level
        self.since = since
        self.grep = grep
        self.after = after
        self.limit = limit
        self.scanned = scanned
        self.until = until
        self.workers = workers
        self.tail = tail
    }

    /// Whether it leaves anything out but by place.
    public var isSearch: Bool {
        worker != nil || level != nil || since != nil || until != nil || !workers.isEmpty || !(grep ?? "").isEmpty
    }

    /// The highest id that is looked at.
    var last: Int {
        let (last, overflow) = after.addingReportingOverflow(scanned)
        return overflow ? .max : last
    }

    /// The conditions in SQL, and the values of its question marks.
    /// - Parameter ids: those that are looked at.
    func condition(_ ids: ClosedRange<Int>) -> (sql: String, values: [any SQLiteConvertible]) {
        var clauses = ["id >= ?", "id <= ?"]
        var values: [any SQLiteConvertible] = [ids.lowerBound, ids.upperBound]
        if let worker {
            clauses.append("source = ?")
            values.append(worker)
        }
        if !workers.isEmpty {
            clauses.append("(" + workers.map { Self.isPattern($0) ? "source GLOB ?" : "source = ?" }.joined(separator: " OR ") + ")")
            values += workers.map { Self.isPattern($0) ? Self.escaped($0) : $0 }
        }
        if let level {
            let names = LogLevel.allCases.filter { $0 >= level }.map { "'\($0.name)'" }
            clauses.append("level IN (\(names.joined(separator: ", ")))")
        }
        if let since {
            clauses.append("time >= ?")
            values.append(since)
        }
        if let until {
            clauses.append("time < ?")
            values.append(until)
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

    /// The same of one record in hand: what a coordinator that does not know a condition has sent is judged here.
    public func matches(_ record: LogRecord) -> Bool {
        if let worker, record.source != worker { return false }
        if !workers.isEmpty, !workers.contains(where: { Self.matches(record.source, $0) }) { return false }
        if let level, record.level < level { return false }
        if let since, record.time < since { return false }
        if let until, record.time >= until { return false }
        guard let grep, !grep.isEmpty else { return true }
        return record.message.contains(grep) || record.fields.contains { $0.key.contains(grep) || $0.value.contains(grep) }
    }

    private static func isPattern(_ text: String) -> Bool { text.contains { $0 == "*" || $0 == "?" } }

    /// SQLite's GLOB and `fnmatch` know sets in brackets; a name may have brackets.
    private static func escaped(_ pattern: String) -> String { pattern.replacing("[", with: "[[]") }

    private static func matches(_ name: String, _ pattern: String) -> Bool {
        isPattern(pattern) ? fnmatch(escaped(pattern).replacing("\\", with: "\\\\"), name, 0) == 0 : name == pattern
    }
}

/// Records by ascending id, and where the next page begins.
public struct LogPage: Hashable, Sendable {
    public var records: [StoredLogRecord]
    /// Ask on with `after` at this; it may lie beyond the last record, where later ones did not match.
    public var lastID: Int
    /// The run's terminal state is recorded and nothing follows.
    public var finished: Bool
    /// Records after `after` that are not kept any more.
    public var missing: Int

    public init(records: [StoredLogRecord], lastID: Int, finished: Bool, missing: Int = 0) {
        self.records = records
        self.lastID = lastID
        self.finished = finished
        self.missing = missing
    }
}
