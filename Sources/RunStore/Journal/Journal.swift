import Diagnostics
import Foundation

/// What reads a journal: the coordinator's own `Journal`, or a `JournalReader` beside it. The reading functions are in
/// this protocol's extensions.
public protocol JournalReading {
    var database: Database { get }
}

/// The run's journal, open for writing: the coordinator's. Belongs to one thread; other threads and processes read through
/// a `JournalReader` of their own.
///
/// A write is lasting against the death of any process when its call (or the transaction around it) returns; a loss of
/// power may take the last few, never a part of one.
public final class Journal: JournalReading {
    public let database: Database

    /// Opens `run.sqlite` and makes its tables where it is new. One that is not whole is refused.
    public init(path: String) throws(Problem) {
        var status = stat()
        let isNew = stat(path, &status) != 0 || status.st_size == 0
        // SQLite takes a file of a few bytes for a new one.
        guard isNew || status.st_size >= 512 else { throw Self.damaged("\(status.st_size) bytes", path) }
        database = try Database(path: path, access: .readWrite)
        if !isNew { try Self.refuseDamaged(database) }
        _ = try database.rows("PRAGMA journal_mode = WAL") { _ in }
        try database.executeScript("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")
        let database = database
        try database.transaction { () throws(Problem) in
            guard try Self.isEmpty(database) else {
                try Self.refuseForeign(database)
                return try Self.bringUpToDate(database)
            }
            try database.executeScript(JournalSchema.tables)
            try database.executeScript(
                "PRAGMA application_id = \(JournalSchema.applicationID); PRAGMA user_version = \(JournalSchema.version)")
        }
    }

    /// All that `body` records becomes lasting at once, or none of it where it throws. One step, one transaction: a commit
    /// costs far more than a row.
    public func transaction<Value>(_ body: () throws(Problem) -> Value) throws(Problem) -> Value {
        try database.transaction(body)
    }

    /// The same, and a loss of power takes nothing of it, nor of what was recorded before: a few milliseconds more.
    /// - Precondition: no transaction is under way.
    public func lastingTransaction<Value>(_ body: () throws(Problem) -> Value) throws(Problem) -> Value {
        try database.executeScript("PRAGMA synchronous = FULL")
        defer { try? database.executeScript("PRAGMA synchronous = NORMAL") }
        return try database.transaction(body)
    }

    private static func isEmpty(_ database: Database) throws(Problem) -> Bool {
        try database.rows("SELECT count(*) FROM sqlite_master") { row throws(Problem) in try row.integer(0) } == [0]
    }

    private static func refuseDamaged(_ database: Database) throws(Problem) {
        let faults = try database.rows("PRAGMA quick_check(1)") { row throws(Problem) in try row.string(0) }
        guard faults == ["ok"] else { throw damaged(faults.first ?? "no answer", database.path) }
    }

    static func damaged(_ cause: String, _ path: String) -> Problem {
        Problem(
            "the journal is damaged (\(cause))", at: path,
            remedy: "put a copy of it back, or start the run anew in another directory; checkpoints and results stay as they are")
    }

    private static func bringUpToDate(_ database: Database) throws(Problem) {
        let version = try database.rows("PRAGMA user_version") { row throws(Problem) in try row.integer(0) }
        guard let version = version.first, (1..<JournalSchema.version).contains(version) else { return }
        if version < 2 { try database.executeScript(JournalSchema.feedingTables) }
        if version < 3 { try database.executeScript("ALTER TABLE filters ADD COLUMN margin REAL; \(JournalSchema.mechanismTables)") }
        try database.executeScript("\(JournalSchema.clockColumns) PRAGMA user_version = \(JournalSchema.version)")
    }

    fileprivate static func refuseForeign(_ database: Database) throws(Problem) {
        let application = try database.rows("PRAGMA application_id") { row throws(Problem) in try row.integer(0) }
        let version = try database.rows("PRAGMA user_version") { row throws(Problem) in try row.integer(0) }
        guard application == [JournalSchema.applicationID], let version = version.first else {
            throw Problem("is an SQLite file, but not a Filterscope journal", at: database.path, remedy: "name another run directory")
        }
        guard version <= JournalSchema.version else {
            throw Problem(
                "was written by a newer Filterscope: its schema is \(version), this program knows \(JournalSchema.version)",
                at: database.path, remedy: "use the program that wrote it, or a newer one")
        }
    }
}

/// A journal that somebody else may be writing, open for reading. Belongs to one thread.
public final class JournalReader: JournalReading {
    public let database: Database

    public init(path: String) throws(Problem) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Problem("no journal there", at: path, remedy: "name a run directory with --run")
        }
        do throws(Problem) {
            database = try Self.open(path, .readOnly)
        } catch {
            // SQLite keeps a small file beside a WAL journal even for readers. Without a place for it, a journal that was
            // closed in order can be read as it lies.
            guard access(path, W_OK) != 0, !FileManager.default.fileExists(atPath: path + "-wal") else { throw error }
            database = try Self.open(path, .immutable)
        }
    }

    private static func open(_ path: String, _ access: Database.Access) throws(Problem) -> Database {
        let database = try Database(path: path, access: access)
        try Journal.refuseForeign(database)
        return database
    }
}
