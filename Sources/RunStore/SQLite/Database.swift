import CSQLite
import Diagnostics
import Foundation
import Tensors

/// One connection to an SQLite file. Belongs to one thread. The only file of the module that faces C.
public final class Database {
    public enum Access: Sendable {
        /// Creates the file where there is none.
        case readWrite
        /// Reads beside a writer; never creates.
        case readOnly
        /// Reads a file that nobody writes, on a medium where nothing can be written beside it.
        case immutable
    }

    public let path: String
    private var connection: OpaquePointer?
    private var statements: [String: OpaquePointer] = [:]
    /// How long transactions took that were not part of others.
    public private(set) var transactionTimes = DurationHistogram()

    /// How long a statement waits for another connection's lock.
    static let busyMilliseconds: Int32 = 10_000

    public init(path: String, access: Access) throws(Problem) {
        self.path = path
        let flags = switch access {
        case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .readOnly: SQLITE_OPEN_READONLY
        case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
        }
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        let name = access == .immutable ? "file:\(escaped)?immutable=1" : path
        let code = sqlite3_open_v2(name, &connection, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK else {
            defer {
                sqlite3_close_v2(connection)
                connection = nil
            }
            throw problem(code)
        }
        sqlite3_extended_result_codes(connection, 1)
        sqlite3_busy_timeout(connection, Self.busyMilliseconds)
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(connection)
    }

    /// The version of the schema as it was when this was first asked for.
    lazy var schemaVersion: Int = {
        let rows = try? rows("PRAGMA user_version") { row throws(Problem) in try row.integer(0) }
        return rows?.first ?? 0
    }()

    /// Runs one statement to its end; `values` take the places of its question marks.
    public func execute(_ sql: String, _ values: any SQLiteConvertible...) throws(Problem) {
        _ = try step(sql, values)
    }

    /// Runs one statement for each of many rows, whose values `bind` appends: several times as fast as one call for each.
    func executeEach<Rows: Sequence>(
        _ sql: String, _ rows: Rows, bind values: (Rows.Element, inout [SQLiteValue]) -> Void
    ) throws(Problem) {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        var row: [SQLiteValue] = []
        for element in rows {
            row.removeAll(keepingCapacity: true)
            values(element, &row)
            precondition(sqlite3_bind_parameter_count(statement) == row.count, "\(row.count) values for: \(sql)")
            for (index, value) in row.enumerated() {
                let code = bind(value, statement, Int32(index + 1))
                guard code == SQLITE_OK else { throw problem(code) }
            }
            let code = sqlite3_step(statement)
            guard code == SQLITE_DONE else { throw problem(code) }
            sqlite3_reset(statement)
        }
    }

    /// Runs one statement and maps its rows.
    public func rows<Value>(
        _ sql: String, _ values: any SQLiteConvertible..., map: (Row) throws(Problem) -> Value
    ) throws(Problem) -> [Value] {
        try rows(sql, values, map: map)
    }

    /// The same with the values in a list.
    public func rows<Value>(
        _ sql: String, _ values: [any SQLiteConvertible], map: (Row) throws(Problem) -> Value
    ) throws(Problem) -> [Value] {
        var mapped: [Value] = []
        for row in try step(sql, values) { mapped.append(try map(row)) }
        return mapped
    }

    /// Runs several statements that take no values: a schema.
    public func executeScript(_ sql: String) throws(Problem) {
        let code = sqlite3_exec(connection, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw problem(code) }
    }

    /// All that `body` writes becomes lasting at once, or none of it where it throws. A transaction within another is part
    /// of the outer one.
    public func transaction<Value>(_ body: () throws(Problem) -> Value) throws(Problem) -> Value {
        guard sqlite3_get_autocommit(connection) != 0 else { return try body() }
        let start = ContinuousClock.now
        try execute("BEGIN IMMEDIATE")
        do throws(Problem) {
            let value = try body()
            try execute("COMMIT")
            transactionTimes.note(seconds: start.duration(to: .now) / .seconds(1))
            return value
        } catch {
            // SQLite has rolled back by itself after some faults.
            if sqlite3_get_autocommit(connection) == 0 { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// Several reads that see one state of a database that is being written.
    public func snapshot<Value>(_ body: () throws(Problem) -> Value) throws(Problem) -> Value {
        guard sqlite3_get_autocommit(connection) != 0 else { return try body() }
        try execute("BEGIN")
        defer { try? execute("COMMIT") }
        return try body()
    }

    /// The id that the last INSERT drew.
    public var lastInsertedID: Int { Int(sqlite3_last_insert_rowid(connection)) }
    /// Rows that the last statement changed.
    public var changedRowCount: Int { Int(sqlite3_changes(connection)) }

    // MARK: Statements

    /// Rows are copied out and the statement is reset before anybody sees them, so no read stays open.
    private func step(_ sql: String, _ values: [any SQLiteConvertible]) throws(Problem) -> [Row] {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        precondition(sqlite3_bind_parameter_count(statement) == values.count, "\(values.count) values for: \(sql)")
        for (index, value) in values.enumerated() {
            let code = bind(value.sqliteValue, statement, Int32(index + 1))
            guard code == SQLITE_OK else { throw problem(code) }
        }
        var rows: [Row] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_DONE: return rows
            case SQLITE_ROW:
                let values = (0..<sqlite3_column_count(statement)).map { column(statement, $0) }
                rows.append(Row(values: values, path: path))
            case let code: throw problem(code)
            }
        }
    }

    private func prepared(_ sql: String) throws(Problem) -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw problem(code) }
        statements[sql] = statement
        return statement
    }

    private func bind(_ value: SQLiteValue, _ statement: OpaquePointer, _ index: Int32) -> Int32 {
        // SQLite copies the bytes before the call returns.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null: return sqlite3_bind_null(statement, index)
        case .integer(let integer): return sqlite3_bind_int64(statement, index, integer)
        case .real(let real): return sqlite3_bind_double(statement, index, real)
        case .text(let text):
            var text = text
            return text.withUTF8 { utf8 in
                utf8.withMemoryRebound(to: CChar.self) {
                    // An empty string may come without an address, which would bind NULL.
                    guard let base = $0.baseAddress else { return sqlite3_bind_text(statement, index, "", 0, copied) }
                    return sqlite3_bind_text(statement, index, base, Int32($0.count), copied)
                }
            }
        }
    }

    private func column(_ statement: OpaquePointer, _ index: Int32) -> SQLiteValue {
        switch sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, index))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, index))
        case SQLITE_NULL: return .null
        default:
            guard let bytes = sqlite3_column_text(statement, index) else { return .text("") }
            let count = Int(sqlite3_column_bytes(statement, index))
            return .text(String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self))
        }
    }

    /// What SQLite's answer means to the person in front of the run.
    private func problem(_ code: Int32) -> Problem {
        let cause = connection.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
        let system = connection.map { sqlite3_system_errno($0) } ?? errno
        let primary = code & 0xFF
        if primary == SQLITE_FULL || primary == SQLITE_IOERR && [ENOSPC, EDQUOT, EFBIG].contains(system) {
            return Problem(
                "the disk is full, and the journal cannot grow", at: path,
                remedy: "free some space there, then go on with --resume: all that was recorded before stands")
        }
        switch primary {
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            return Journal.damaged(cause, path)
        case SQLITE_BUSY, SQLITE_LOCKED:
            return Problem(
                "another process has kept the journal locked for \(Self.busyMilliseconds / 1000) seconds", at: path,
                remedy: "end that process, then run the command again")
        case SQLITE_CANTOPEN: return fileProblem(system == 0 ? ENOENT : system, "the journal cannot be opened", path: path)
        case SQLITE_READONLY, SQLITE_PERM: return fileProblem(EACCES, "the journal cannot be written", path: path)
        default: return Problem("the journal failed: \(cause) (SQLite code \(code))", at: path)
        }
    }
}
