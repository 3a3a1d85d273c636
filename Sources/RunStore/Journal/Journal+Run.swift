import Diagnostics

/// Whether a run goes on. `finished`, `failed` and `interrupted` end it, until it is resumed.
public enum RunCondition: String, Sendable, CaseIterable {
    case running, finished, failed, interrupted

    public var isTerminal: Bool { self != .running }
}

/// A phase and how long it took.
public struct PhaseRow: Hashable, Sendable {
    public var phase: String
    public var started: Double
    /// Nil while it runs.
    public var finished: Double?
    /// Steps that it takes in all.
    public var steps: Int
}

extension Journal {
    /// Records a fact about the whole run under a key; the last value stands.
    public func setValue(_ value: String, for key: String) throws(Problem) {
        try database.execute("INSERT OR REPLACE INTO run (key, value) VALUES (?, ?)", key, value)
    }

    /// Record the terminal state last: whoever follows the log stops there.
    public func setCondition(_ condition: RunCondition) throws(Problem) { try setValue(condition.rawValue, for: "state") }

    /// A phase begins, or goes on after a restart: its first start stands.
    public func beginPhase(_ phase: String, steps: Int, at time: Double) throws(Problem) {
        try database.execute(
            """
            INSERT INTO phases (phase, started, finished, steps) VALUES (?, ?, NULL, ?)
            ON CONFLICT (phase) DO UPDATE SET finished = NULL, steps = excluded.steps
            """, phase, time, steps)
    }

    public func finishPhase(_ phase: String, at time: Double) throws(Problem) {
        try database.execute("UPDATE phases SET finished = ? WHERE phase = ?", time, phase)
    }

    /// Replaces the status that `filterscope status` shows.
    public func setStatus(json: String, at time: Double) throws(Problem) {
        try database.execute("INSERT OR REPLACE INTO status (id, json, updated) VALUES (1, ?, ?)", json, time)
    }
}

extension JournalReading {
    public func value(for key: String) throws(Problem) -> String? {
        try database.rows("SELECT value FROM run WHERE key = ?", key) { row throws(Problem) in try row.string(0) }.first
    }

    /// All facts about the run.
    public func values() throws(Problem) -> [String: String] {
        let pairs = try database.rows("SELECT key, value FROM run") { row throws(Problem) in (try row.string(0), try row.string(1)) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// Nil before the first state is recorded. A coordinator that was killed leaves `running` behind.
    public func condition() throws(Problem) -> RunCondition? { try value(for: "state").flatMap(RunCondition.init) }

    /// In the order in which they began.
    public func phases() throws(Problem) -> [PhaseRow] {
        try database.rows("SELECT phase, started, finished, steps FROM phases ORDER BY started, rowid") { row throws(Problem) in
            PhaseRow(
                phase: try row.string(0), started: try row.double(1), finished: try row.optionalDouble(2), steps: try row.integer(3))
        }
    }

    /// The last status recorded, as JSON text, and when.
    public func status() throws(Problem) -> (json: String, updated: Double)? {
        try database.rows("SELECT json, updated FROM status") { row throws(Problem) in
            (json: try row.string(0), updated: try row.double(1))
        }.first
    }
}
