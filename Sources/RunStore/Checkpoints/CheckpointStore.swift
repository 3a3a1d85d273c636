import Diagnostics
import Foundation
import Tensors

/// Writes a run's checkpoints and finds the newest whole one again.
public struct CheckpointStore {
    private let directory: RunDirectory
    private let journal: Journal
    private let keep: Int

    /// - Parameter keep: how many checkpoints stay, pinned ones apart; at least 1.
    public init(_ directory: RunDirectory, _ journal: Journal, keep: Int = 3) {
        self.directory = directory
        self.journal = journal
        self.keep = max(keep, 1)
    }

    /// Writes `checkpoints/<phase>-<step>.safetensors`, tensors named `<prefix>/<tensor>`, then records it, then removes
    /// those that are too many. Killed at any point, it leaves the one before whole.
    ///
    /// - Parameter pinned: keep it when newer ones come, as at the end of a phase.
    @discardableResult
    public func save(
        _ checkpoint: Checkpoint, _ vectors: [(prefix: String, vector: ParameterVector)], pinned: Bool = false, at time: Double
    ) throws(Problem) -> CheckpointRow {
        try record(checkpoint, try checkpoint.write(vectors, in: directory), pinned: pinned, at: time)
    }

    /// Takes a checkpoint whose file is whole into the journal, then removes those that are too many.
    /// - Parameter digest: of the file that `Checkpoint.write` wrote.
    @discardableResult
    public func record(_ checkpoint: Checkpoint, _ digest: Digest, pinned: Bool = false, at time: Double) throws(Problem) -> CheckpointRow {
        let row = try journal.recordCheckpoint(
            path: checkpoint.path, sha256: digest.hexadecimal, phase: checkpoint.phase, step: checkpoint.step, pinned: pinned, at: time)
        try removeSurplus()
        return row
    }

    /// The newest checkpoint whose bytes are the ones that were recorded, nil where there is none, and a warning for each
    /// newer one that is missing or damaged.
    public func latestWholeCheckpoint() throws(Problem) -> (checkpoint: StoredCheckpoint?, warnings: [Problem]) {
        var warnings: [Problem] = []
        for row in try journal.checkpoints() {
            do throws(Problem) {
                return (try open(row), warnings)
            } catch { warnings.append(error) }
        }
        return (nil, warnings)
    }

    private func open(_ row: CheckpointRow) throws(Problem) -> StoredCheckpoint {
        let path = directory.file(row.path)
        guard try Digest.sha256(ofFile: path).hexadecimal == row.sha256 else {
            throw Problem("is damaged: its bytes are not the ones that were written", at: path, remedy: "an older checkpoint is used")
        }
        let file = try SafetensorsFile(path: path)
        return StoredCheckpoint(row: row, checkpoint: try Checkpoint(metadata: file.metadata, path: path), file: file)
    }

    /// The record goes first: a checkpoint in the journal is always meant to be there.
    private func removeSurplus() throws(Problem) {
        let rows = try journal.checkpoints()
        for row in rows.filter({ !$0.pinned }).dropFirst(keep) {
            try journal.removeCheckpoint(row.id)
            unlink(directory.file(row.path))
        }
        // What killed processes left half written. Whole files that no record names stay: they may be all that is left of a
        // run whose journal was lost.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.checkpointsPath)) ?? []
        for name in names where name.contains(".safetensors.tmp-") { unlink(directory.checkpointsPath + "/" + name) }
    }
}
