import Diagnostics
import Foundation

/// Takes the records of coordinator and workers into the journal, and lets the oldest go when they are too many or too old.
public final class LogStore {
    private let journal: Journal
    private let limits: LogLimits
    private var retained: LogRetention?

    public init(_ journal: Journal, limits: LogLimits = LogLimits()) {
        self.journal = journal
        self.limits = limits
    }

    /// Lasting when it returns: only then may a worker's batch be acknowledged.
    /// - Parameter taken: the number of the last record taken of each worker's life; kept with the records, so that what such a worker
    ///   sends again is known for what it is even by a coordinator that started meanwhile.
    public func append(_ records: [LogRecord], taken: [String: Int] = [:]) throws(Problem) {
        guard !records.isEmpty || !taken.isEmpty else { return }
        if retained == nil { retained = try LogRetention(journal.database) }
        try journal.transaction { () throws(Problem) in
            try journal.database.executeEach(
                "INSERT INTO logs (time, level, source, unit, message, fields, written) VALUES (?, ?, ?, ?, ?, ?, ?)", records
            ) { record, row in
                row.append(.real(record.time.isFinite ? record.time : 0))
                row.append(.text(record.level.name))
                row.append(.text(record.source))
                row.append(record.unit?.sqliteValue ?? .null)
                row.append(.text(record.message))
                row.append(.text(LogFields.text(record.fields)))
                row.append(record.writtenTime?.sqliteValue ?? .null)
            }
            for (incarnation, number) in taken {
                try journal.database.execute("UPDATE workers SET logs_taken = ? WHERE incarnation = ?", number, incarnation)
            }
        }
        guard !records.isEmpty else { return }
        retained?.note(records, lastID: journal.database.lastInsertedID)
        try retained?.prune(journal.database, limits, now: Date().timeIntervalSince1970, atMost: max(4000, 2 * records.count))
    }
}

/// Fields as they stand in the journal: a JSON object of strings.
enum LogFields {
    /// Sorted keys, so that equal fields are equal text.
    static func text(_ fields: [String: String]) -> String {
        guard !fields.isEmpty else { return "{}" }
        var writer = JSONTextWriter(capacity: 128)
        writer.strings(fields)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Nil where it is none.
    static func parsed(_ text: String) -> [String: String]? {
        if text == "{}" { return [:] }
        var reader = JSONTextReader(Array(text.utf8))
        if let fields = reader.strings(), reader.isAtEnd { return fields }
        return try? JSONDecoder().decode([String: String].self, from: Data(text.utf8))
    }
}

extension JournalReading {
    /// A plain listing: by time, and by id where times are equal.
    public func logs(_ query: LogQuery = LogQuery()) throws(Problem) -> [StoredLogRecord] {
        let selection = query.condition(query.after &+ 1...max(query.last, query.after &+ 1))
        return try database.rows(
            "SELECT \(logColumns(database)) FROM logs WHERE \(selection.sql) ORDER BY time, id LIMIT ?", selection.values + [query.limit],
            map: storedRecord)
    }

    /// The next part of a listing by time: what lies behind a place in it, of the records that had arrived up to an id.
    public func logs(_ query: LogQuery, behind place: (time: Double, id: Int)?, upTo id: Int) throws(Problem) -> [StoredLogRecord] {
        guard id > query.after else { return [] }
        var (sql, values) = query.condition(query.after + 1...id)
        if let place {
            sql += " AND (time, id) > (?, ?)"
            values += [place.time, place.id]
        }
        return try database.rows(
            "SELECT \(logColumns(database)) FROM logs WHERE \(sql) ORDER BY time, id LIMIT ?", values + [query.limit], map: storedRecord)
    }

    /// The next page in the order of arrival, which is what following takes: a late record of an early time is not lost. With `tail`,
    /// the last that match, and all before them is passed over.
    public func logPage(_ query: LogQuery) throws(Problem) -> LogPage {
        try database.snapshot { () throws(Problem) in
            let bounds = try database.rows("SELECT (SELECT min(id) FROM logs), (SELECT max(id) FROM logs)") { row throws(Problem) in
                (try row.optionalInteger(0), try row.optionalInteger(1))
            }
            let (lowest, highest) = (bounds.first?.0 ?? 1, bounds.first?.1 ?? 0)
            let ended = try condition()?.isTerminal ?? false
            if let tail = query.tail { return try lastPage(query, tail: tail, bounds: (lowest, highest), ended: ended) }
            let missing = max(0, lowest - 1 - query.after)
            // What is gone is not looked through either.
            let after = max(query.after, lowest - 1)
            let end = LogQuery(after: after, scanned: query.scanned).last
            guard highest > after, end > after else {
                return LogPage(records: [], lastID: max(query.after, min(after, highest)), finished: ended && end >= highest, missing: missing)
            }
            let selection = query.condition(after + 1...end)
            let records = try database.rows(
                "SELECT \(logColumns(database)) FROM logs WHERE \(selection.sql) ORDER BY id LIMIT ?", selection.values + [query.limit],
                map: storedRecord)
            // A full page may have more behind it; any other has seen all there is.
            let isFull = records.count >= query.limit
            let lastID = isFull ? (records.last?.id ?? after) : max(min(highest, end), after)
            return LogPage(records: records, lastID: lastID, finished: ended && !isFull && end >= highest, missing: missing)
        }
    }

    private func lastPage(_ query: LogQuery, tail: Int, bounds: (lowest: Int, highest: Int), ended: Bool) throws(Problem) -> LogPage {
        let (lowest, highest) = bounds
        let missing = max(0, lowest - 1 - query.after)
        let first = max(query.after, query.scanned == .max ? 0 : highest - query.scanned) + 1
        let lastID = max(highest, query.after)
        guard first <= highest, tail > 0 else { return LogPage(records: [], lastID: lastID, finished: ended, missing: missing) }
        let selection = query.condition(first...highest)
        let records = try database.rows(
            "SELECT \(logColumns(database)) FROM logs WHERE \(selection.sql) ORDER BY id DESC LIMIT ?", selection.values + [min(tail, query.limit)],
            map: storedRecord)
        return LogPage(records: records.reversed(), lastID: lastID, finished: ended, missing: missing)
    }
}

private func logColumns(_ database: Database) -> String {
    "id, time, level, source, unit, message, fields, " + (database.schemaVersion >= 4 ? "written" : "NULL")
}

private func storedRecord(_ row: Row) throws(Problem) -> StoredLogRecord {
    guard let level = LogLevel(name: try row.string(2)) else { throw row.unexpected(2, "a level") }
    guard let fields = LogFields.parsed(try row.string(6)) else { throw row.unexpected(6, "a JSON object of strings") }
    let unit = try row.optionalInteger(4).map { UInt64(bitPattern: Int64($0)) }
    return StoredLogRecord(
        id: try row.integer(0),
        record: LogRecord(
            time: try row.double(1), level: level, source: try row.string(3), unit: unit, message: try row.string(5), fields: fields,
            writtenTime: try row.optionalDouble(7)))
}
