import Diagnostics
import Foundation
import RunStore
import Tensors

/// Writes checkpoints beside the run, which goes on meanwhile: hashing, writing and flushing a large network takes longer than a step. One
/// at a time: a next one waits for the one before. It belongs to the coordinator's thread.
final class CheckpointWriter {
    private final class Writing: @unchecked Sendable {
        let checkpoint: Checkpoint
        private let start = ContinuousClock.now
        // `condition` guards `outcome`.
        private let condition = NSCondition()
        private var outcome: (digest: Result<Digest, Problem>, seconds: Double)?

        init(_ checkpoint: Checkpoint) { self.checkpoint = checkpoint }

        func end(_ digest: Result<Digest, Problem>) {
            condition.withLock {
                outcome = (digest, start.duration(to: .now) / .seconds(1))
                condition.signal()
            }
        }

        var isOver: Bool { condition.withLock { outcome != nil } }

        func wait() -> (digest: Result<Digest, Problem>, seconds: Double) {
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
    /// Before that time another would be too much.
    private var notBefore = ContinuousClock.now
    /// Of the run's time, the part that checkpoints may take. One below so many seconds is never too much.
    private static let share = 0.01
    private static let negligible = 0.1

    init(_ store: CheckpointStore, _ directory: RunDirectory) {
        self.store = store
        self.directory = directory
    }

    /// Whether the last one took so long that the next has to wait: of a large network, or on a slow disk.
    var isTooSoon: Bool { ContinuousClock.now < notBefore }

    /// Copies the vectors and begins to write them.
    /// - Returns: as `finish`, of the checkpoint before.
    func begin(_ checkpoint: Checkpoint, _ vectors: [(prefix: String, vector: ParameterVector)]) throws(Problem) -> Double? {
        let earlier = try finish()
        let copies = vectors.map { (prefix: $0.prefix, vector: $0.vector.copy()) }
        let writing = Writing(checkpoint)
        let thread = Thread { [directory] in
            writing.end(Result { () throws(Problem) in try checkpoint.write(copies, in: directory) })
        }
        thread.name = "checkpoint"
        thread.start()
        self.writing = writing
        return earlier
    }

    /// Takes the checkpoint under way into the journal if its file is whole by now.
    func recordIfWritten() throws(Problem) -> Double? { writing?.isOver == true ? try finish() : nil }

    /// Waits for the checkpoint under way and takes it into the journal.
    /// - Returns: the seconds that it took to be written; nil where none was under way.
    func finish() throws(Problem) -> Double? {
        guard let writing else { return nil }
        self.writing = nil
        let (digest, seconds) = writing.wait()
        if seconds > Self.negligible { notBefore = .now + .seconds(seconds * (1 / Self.share - 1)) }
        try store.record(writing.checkpoint, try digest.get(), at: Date().timeIntervalSince1970)
        return seconds
    }
}
