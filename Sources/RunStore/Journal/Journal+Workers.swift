import Diagnostics

/// One life of a worker.
public struct WorkerRow: Hashable, Sendable {
    public var name: String
    /// Tells a worker that restarted from one that reconnected.
    public var incarnation: String
    public var host: String
    public var pid: Int
    public var threads: Int
    public var fingerprint: String
    public var joined: Double
    /// Nil while it is here.
    public var left: Double?
    /// Why it left.
    public var reason: String?
    /// Units and samples that it finished.
    public var units: Int
    public var samples: Int
    /// Seconds to add to a time by its clock to have the coordinator's, and what that may be wrong by; nil where it is not known.
    public var clockOffset: Double?
    public var clockUncertainty: Double?

    public init(
        name: String, incarnation: String, host: String, pid: Int, threads: Int, fingerprint: String, joined: Double,
        left: Double? = nil, reason: String? = nil, units: Int = 0, samples: Int = 0, clockOffset: Double? = nil,
        clockUncertainty: Double? = nil
    ) {
        self.name = name
        self.incarnation = incarnation
        self.host = host
        self.pid = pid
        self.threads = threads
        self.fingerprint = fingerprint
        self.joined = joined
        self.left = left
        self.reason = reason
        self.units = units
        self.samples = samples
        self.clockOffset = clockOffset
        self.clockUncertainty = clockUncertainty
    }
}

extension Journal {
    /// A worker joins; the same incarnation again is a reconnect and keeps its counts and its first joining.
    public func workerJoined(_ worker: WorkerRow) throws(Problem) {
        try database.execute(
            """
            INSERT INTO workers (name, incarnation, host, pid, threads, fingerprint, joined, units, samples)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name, incarnation) DO UPDATE SET "left" = NULL, reason = NULL
            """, worker.name, worker.incarnation, worker.host, worker.pid, worker.threads, worker.fingerprint, worker.joined,
            worker.units, worker.samples)
    }

    public func workerLeft(name: String, incarnation: String, reason: String, at time: Double) throws(Problem) {
        try database.execute(
            "UPDATE workers SET \"left\" = ?, reason = ? WHERE name = ? AND incarnation = ?", time, reason, name, incarnation)
    }

    /// Marks every worker that is still here as gone: what a coordinator does first when it goes on with a run.
    public func allWorkersLeft(reason: String, at time: Double) throws(Problem) {
        try database.execute("UPDATE workers SET \"left\" = ?, reason = ? WHERE \"left\" IS NULL", time, reason)
    }

    /// How a worker's clock stands against the coordinator's.
    /// - Parameter offset: seconds to add to a time by its clock.
    public func setClock(incarnation: String, offset: Double, uncertainty: Double) throws(Problem) {
        try database.execute(
            "UPDATE workers SET clock_offset = ?, clock_uncertainty = ? WHERE incarnation = ?", offset, uncertainty, incarnation)
    }

    /// Adds to what a worker has finished.
    public func credit(name: String, incarnation: String, units: Int, samples: Int) throws(Problem) {
        try database.execute(
            "UPDATE workers SET units = units + ?, samples = samples + ? WHERE name = ? AND incarnation = ?", units, samples, name,
            incarnation)
    }
}

extension JournalReading {
    /// In the order in which they joined.
    public func workers() throws(Problem) -> [WorkerRow] {
        try database.rows(
            """
            SELECT name, incarnation, host, pid, threads, fingerprint, joined, "left", reason, units, samples,
            \(database.schemaVersion >= 4 ? "clock_offset, clock_uncertainty" : "NULL, NULL") FROM workers
            ORDER BY joined, name, incarnation
            """
        ) { row throws(Problem) in
            WorkerRow(
                name: try row.string(0), incarnation: try row.string(1), host: try row.string(2), pid: try row.integer(3),
                threads: try row.integer(4), fingerprint: try row.string(5), joined: try row.double(6),
                left: try row.optionalDouble(7), reason: try row.optionalString(8), units: try row.integer(9),
                samples: try row.integer(10), clockOffset: try row.optionalDouble(11), clockUncertainty: try row.optionalDouble(12))
        }
    }

    /// The number of the last log record that was taken of each life of a worker, of those that joined last.
    public func takenLogs(ofLatest count: Int) throws(Problem) -> [String: Int] {
        let rows = try database.rows(
            "SELECT incarnation, logs_taken FROM workers WHERE logs_taken > 0 ORDER BY joined DESC LIMIT ?", count
        ) { row throws(Problem) in (try row.string(0), try row.integer(1)) }
        return Dictionary(rows) { max($0, $1) }
    }
}
