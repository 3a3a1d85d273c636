import Diagnostics

/// What one life of a worker spent on units and, in it, on waiting for samples, in seconds of one lane.
public struct FeedingRow: Hashable, Sendable {
    public var name: String
    public var incarnation: String
    public var laneSeconds: Double
    public var waitedSeconds: Double

    public init(name: String, incarnation: String, laneSeconds: Double, waitedSeconds: Double) {
        self.name = name
        self.incarnation = incarnation
        self.laneSeconds = laneSeconds
        self.waitedSeconds = waitedSeconds
    }
}

/// A sample that could not be decoded and was left out.
public struct DamagedSampleRow: Hashable, Sendable {
    public var split: String
    public var sample: Int
    /// What it is called where it came from: its path.
    public var name: String
    public var cause: String

    public init(split: String, sample: Int, name: String, cause: String) {
        self.split = split
        self.sample = sample
        self.name = name
        self.cause = cause
    }
}

extension Journal {
    /// Takes the place of what was recorded for this life of the worker.
    public func record(_ row: FeedingRow) throws(Problem) {
        try database.execute(
            "INSERT OR REPLACE INTO feeding (name, incarnation, lane_seconds, waited_seconds) VALUES (?, ?, ?, ?)",
            row.name, row.incarnation, row.laneSeconds, row.waitedSeconds)
    }

    /// Once for each sample, however often it comes up.
    public func record(_ row: DamagedSampleRow) throws(Problem) {
        try database.execute(
            "INSERT OR IGNORE INTO damaged_samples (split, sample, name, cause) VALUES (?, ?, ?, ?)", row.split, row.sample,
            row.name, row.cause)
    }
}

extension JournalReading {
    /// By name.
    public func feeding() throws(Problem) -> [FeedingRow] {
        try database.rows(
            "SELECT name, incarnation, lane_seconds, waited_seconds FROM feeding ORDER BY name, incarnation"
        ) { row throws(Problem) in
            FeedingRow(
                name: try row.string(0), incarnation: try row.string(1), laneSeconds: try row.double(2),
                waitedSeconds: try row.double(3))
        }
    }

    /// By split and place.
    public func damagedSamples() throws(Problem) -> [DamagedSampleRow] {
        try database.rows("SELECT split, sample, name, cause FROM damaged_samples ORDER BY split, sample") { row throws(Problem) in
            DamagedSampleRow(
                split: try row.string(0), sample: try row.integer(1), name: try row.string(2), cause: try row.string(3))
        }
    }
}
