import Diagnostics
import Foundation
import RunStore
import Tensors

/// Writes checkpoints beside the run, which goes on meanwhile: hashing, writing and flushing a large network takes longer than a step. One
/// at a time: a next one waits for the one before. It belongs to the coordinator's thread.
final class CheckpointWriter {
    private final class Writing: @unchecked Sendable {
        let checkpoint: Checkpoint
        // `condition` guards `outcome`.
        private let condition = NSCondition()
        private var outcome: Result<Digest, Problem>?

        init(_ checkpoint: Checkpoint) { self.checkpoint = checkpoint }

        func end(_ outcome: Result<Digest, Problem>) {
            condition.withLock {
                self.outcome = outcome
                condition.signal()
            }
        }

        var ended: Result<Digest, Problem>? { condition.withLock { outcome } }

        func wait() -> Result<Digest, Problem> {
            condition.withLock {
                while true {
                    if let outcome { return outcome }
                    condition.wait()
                }
            }
        }
    }

    private let store: CheckpointStore
    private let directory: RunDirectory
    private var writing: Writing?

    init(_ store: CheckpointStore, _ directory: RunDirectory) {
        self.store = store
        self.directory = directory
    }

    /// Copies the vectors and begins to write them.
    /// - Throws: what was wrong with the checkpoint before.
    func begin(_ checkpoint: Checkpoint, _ vectors: [(prefix: String, vector: ParameterVector)]) throws(Problem) {
        try finish()
        let copies = vectors.map { (prefix: $0.prefix, vector: $0.vector.copy()) }
        let writing = Writing(checkpoint)
        let thread = Thread { [directory] in
            writing.end(Result { () throws(Problem) in try checkpoint.write(copies, in: directory) })
        }
        thread.name = "checkpoint"
        thread.start()
        self.writing = writing
    }

    /// Takes the checkpoint under way into the journal if its file is whole by now.
    func recordIfWritten() throws(Problem) {
        guard let writing, let outcome = writing.ended else { return }
        self.writing = nil
        try store.record(writing.checkpoint, try outcome.get(), at: Date().timeIntervalSince1970)
    }

    /// Waits for the checkpoint under way and takes it into the journal.
    func finish() throws(Problem) {
        guard let writing else { return }
        self.writing = nil
        try store.record(writing.checkpoint, try writing.wait().get(), at: Date().timeIntervalSince1970)
    }
}
