import Diagnostics

/// A figure at one step of a phase: `loss`, `accuracy`, `learning_rate`.
public struct MetricRow: Hashable, Sendable {
    public var phase: String
    public var step: Int
    public var name: String
    /// Nil where it is not a number, as when training diverges.
    public var value: Double?

    public init(phase: String, step: Int, name: String, value: Double?) {
        self.phase = phase
        self.step = step
        self.name = name
        self.value = value
    }
}

extension Journal {
    /// A step that is taken again, after a resume, replaces its figures.
    public func recordMetrics(phase: String, step: Int, _ figures: [(name: String, value: Double)]) throws(Problem) {
        try transaction { () throws(Problem) in
            for figure in figures {
                try database.execute(
                    "INSERT OR REPLACE INTO metrics (phase, name, step, value) VALUES (?, ?, ?, ?)", phase, figure.name, step,
                    figure.value)
            }
        }
    }

    /// Forgets the figures of steps from `step` on: a resumed run takes them again.
    public func removeMetrics(phase: String, from step: Int) throws(Problem) {
        try database.execute("DELETE FROM metrics WHERE phase = ? AND step >= ?", phase, step)
    }
}

extension JournalReading {
    /// One figure's course, by ascending step.
    public func metrics(phase: String, name: String) throws(Problem) -> [MetricRow] {
        try database.rows(
            "SELECT step, value FROM metrics WHERE phase = ? AND name = ? ORDER BY step", phase, name
        ) { row throws(Problem) in
            MetricRow(phase: phase, step: try row.integer(0), name: name, value: try row.optionalDouble(1))
        }
    }

    /// One figure's course as the means of about as many equal spans of steps as are asked for: their mean step, and mean value.
    public func metricCourse(phase: String, name: String, points: Int) throws(Problem) -> [(step: Int, value: Double)] {
        let last = try database.rows("SELECT max(step) FROM metrics WHERE phase = ? AND name = ?", phase, name) { row throws(Problem) in
            try row.optionalInteger(0)
        }.first ?? nil
        guard let last else { return [] }
        let span = max(1, (last + 1) / max(1, points))
        return try database.rows(
            """
            SELECT CAST(avg(step) AS INTEGER), avg(value) FROM metrics WHERE phase = ? AND name = ? AND value IS NOT NULL
            GROUP BY step / ? ORDER BY min(step)
            """, phase, name, span
        ) { row throws(Problem) in (step: try row.integer(0), value: try row.double(1)) }
    }

    /// Every figure of every phase, by phase, name and step.
    public func metrics() throws(Problem) -> [MetricRow] {
        try database.rows("SELECT phase, step, name, value FROM metrics ORDER BY phase, name, step") { row throws(Problem) in
            MetricRow(
                phase: try row.string(0), step: try row.integer(1), name: try row.string(2), value: try row.optionalDouble(3))
        }
    }

    /// The names of a phase's figures, sorted.
    public func metricNames(phase: String) throws(Problem) -> [String] {
        try database.rows("SELECT DISTINCT name FROM metrics WHERE phase = ? ORDER BY name", phase) { row throws(Problem) in
            try row.string(0)
        }
    }
}
