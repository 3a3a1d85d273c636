import Diagnostics

/// A checkpoint as the journal knows it.
public struct CheckpointRow: Hashable, Sendable {
    /// Newer ones have larger ids.
    public var id: Int
    /// From the run directory.
    public var path: String
    /// Of the whole file, in hexadecimal.
    public var sha256: String
    public var phase: String
    public var step: Int
    /// Kept when newer ones come.
    public var pinned: Bool
    public var created: Double
}

extension Journal {
    /// Records a file that is in its place; an older record of the same path goes. Older files are removed next, so the record has to
    /// outlive a loss of power: without it a resumed run would find none of those that are there.
    func recordCheckpoint(
        path: String, sha256: String, phase: String, step: Int, pinned: Bool, at time: Double
    ) throws(Problem) -> CheckpointRow {
        try lastingTransaction { () throws(Problem) in
            try database.execute("DELETE FROM checkpoints WHERE path = ?", path)
            try database.execute(
                "INSERT INTO checkpoints (path, sha256, phase, step, pinned, created) VALUES (?, ?, ?, ?, ?, ?)", path, sha256, phase,
                step, pinned, time)
            return CheckpointRow(
                id: database.lastInsertedID, path: path, sha256: sha256, phase: phase, step: step, pinned: pinned, created: time)
        }
    }

    func removeCheckpoint(_ id: Int) throws(Problem) { try database.execute("DELETE FROM checkpoints WHERE id = ?", id) }
}

extension JournalReading {
    /// Newest first.
    public func checkpoints() throws(Problem) -> [CheckpointRow] {
        try database.rows(
            "SELECT id, path, sha256, phase, step, pinned, created FROM checkpoints ORDER BY id DESC"
        ) { row throws(Problem) in
            CheckpointRow(
                id: try row.integer(0), path: try row.string(1), sha256: try row.string(2), phase: try row.string(3),
                step: try row.integer(4), pinned: try row.bool(5), created: try row.double(6))
        }
    }
}
