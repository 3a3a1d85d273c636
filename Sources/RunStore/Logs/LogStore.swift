import Diagnostics
import Foundation

/// Takes the records of coordinator and workers into the journal.
public struct LogStore {
    private let journal: Journal

    public init(_ journal: Journal) { self.journal = journal }

    /// Lasting when it returns: only then may a worker's batch be acknowledged.
    public func append(_ records: [LogRecord]) throws(Problem) {
        guard !records.isEmpty else { return }
        try journal.transaction { () throws(Problem) in
            for record in records {
                try journal.database.execute(
                    "INSERT INTO logs (time, level, source, unit, message, fields) VALUES (?, ?, ?, ?, ?, ?)",
                    record.time.isFinite ? record.time : 0, record.level.name, record.source, record.unit, record.message,
                    Self.json(record.fields))
            }
        }
    }

    /// Sorted keys, so that equal fields are equal text.
    private static func json(_ fields: [String: String]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard !fields.isEmpty, let data = try? encoder.encode(fields) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}

extension JournalReading {
    /// A plain listing: by time, and by id where times are equal.
    public func logs(_ query: LogQuery = LogQuery()) throws(Problem) -> [StoredLogRecord] {
        let selection = query.condition
        return try database.rows(
            "SELECT \(logColumns) FROM logs WHERE \(selection.sql) ORDER BY time, id LIMIT ?", selection.values + [query.limit],
            map: storedRecord)
    }

    /// The next page in the order of arrival, which is what following takes: a late record of an early time is not lost.
    public func logPage(_ query: LogQuery) throws(Problem) -> LogPage {
        try database.snapshot { () throws(Problem) in
            let selection = query.condition
            let ids = try database.rows("SELECT max(id) FROM logs") { row throws(Problem) in try row.optionalInteger(0) }
            let highest = (ids.first ?? nil) ?? 0
            let records = try database.rows(
                "SELECT \(logColumns) FROM logs WHERE \(selection.sql) ORDER BY id LIMIT ?", selection.values + [query.limit],
                map: storedRecord)
            // A full page may have more behind it; any other has seen all there is.
            let isFull = records.count >= query.limit
            let lastID = isFull ? (records.last?.id ?? query.after) : max(min(highest, query.last), query.after)
            let ended = try condition()?.isTerminal ?? false
            return LogPage(records: records, lastID: lastID, finished: ended && !isFull && query.last >= highest)
        }
    }
}

private let logColumns = "id, time, level, source, unit, message, fields"

private func storedRecord(_ row: Row) throws(Problem) -> StoredLogRecord {
    guard let level = LogLevel(name: try row.string(2)) else { throw row.unexpected(2, "a level") }
    let text = try row.string(6)
    guard let fields = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else {
        throw row.unexpected(6, "a JSON object of strings")
    }
    let unit = try row.optionalInteger(4).map { UInt64(bitPattern: Int64($0)) }
    return StoredLogRecord(
        id: try row.integer(0),
        record: LogRecord(
            time: try row.double(1), level: level, source: try row.string(3), unit: unit, message: try row.string(5), fields: fields))
}
