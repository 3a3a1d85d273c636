import Diagnostics

/// How a unit of work ended.
public enum UnitState: String, Sendable, CaseIterable {
    case done, failed
}

/// A unit of work, as it ended.
public struct UnitRow: Hashable, Sendable {
    public var id: UInt64
    /// `train`, `heads`, `survey`, `filters`.
    public var kind: String
    public var phase: String
    public var step: Int
    /// Which part of the step: tree level and index, a range of samples or filters.
    public var node: String
    public var worker: String?
    /// How often it was dealt.
    public var attempts: Int
    /// From the last deal to the result.
    public var seconds: Double?
    public var state: UnitState
    public var finishedAt: Double?

    public init(
        id: UInt64, kind: String, phase: String, step: Int, node: String, worker: String?, attempts: Int, seconds: Double?,
        state: UnitState, finishedAt: Double?
    ) {
        self.id = id
        self.kind = kind
        self.phase = phase
        self.step = step
        self.node = node
        self.worker = worker
        self.attempts = attempts
        self.seconds = seconds
        self.state = state
        self.finishedAt = finishedAt
    }
}

extension Journal {
    /// Recording a unit again replaces it.
    public func record(_ unit: UnitRow) throws(Problem) {
        try database.execute(
            """
            INSERT OR REPLACE INTO units (id, kind, phase, step, node, worker, attempts, seconds, state, finished_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, unit.id, unit.kind, unit.phase, unit.step, unit.node, unit.worker, unit.attempts, unit.seconds,
            unit.state.rawValue, unit.finishedAt)
    }

    public func record(_ units: [UnitRow]) throws(Problem) {
        try transaction { () throws(Problem) in for unit in units { try record(unit) } }
    }
}

extension JournalReading {
    /// By ascending id; all phases and steps where none is named.
    public func units(phase: String? = nil, step: Int? = nil) throws(Problem) -> [UnitRow] {
        try database.rows(
            """
            SELECT id, kind, phase, step, node, worker, attempts, seconds, state, finished_at FROM units
            WHERE (?1 IS NULL OR phase = ?1) AND (?2 IS NULL OR step = ?2) ORDER BY id
            """, phase, step
        ) { row throws(Problem) in
            guard let state = UnitState(rawValue: try row.string(8)) else { throw row.unexpected(8, "a unit's state") }
            return UnitRow(
                id: UInt64(bitPattern: Int64(try row.integer(0))), kind: try row.string(1), phase: try row.string(2),
                step: try row.integer(3), node: try row.string(4), worker: try row.optionalString(5), attempts: try row.integer(6),
                seconds: try row.optionalDouble(7), state: state, finishedAt: try row.optionalDouble(9))
        }
    }

    /// Where a resumed run goes on numbering; 0 where there is none.
    public func highestUnitID() throws(Problem) -> UInt64 {
        let ids = try database.rows("SELECT max(id) FROM units") { row throws(Problem) in try row.optionalInteger(0) }
        return UInt64(bitPattern: Int64((ids.first ?? nil) ?? 0))
    }

    /// Units done in a phase.
    public func unitCount(phase: String) throws(Problem) -> Int {
        try database.rows("SELECT count(*) FROM units WHERE phase = ? AND state = 'done'", phase) { row throws(Problem) in
            try row.integer(0)
        }.first ?? 0
    }
}
