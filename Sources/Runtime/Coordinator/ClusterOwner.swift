import Coordination
import Datasets
import Diagnostics
import Messages

/// What the cluster tells its owner, on the coordinator's one thread.
protocol ClusterOwner: AnyObject {
    func workerJoined(_ worker: RosterWorker) throws
    func workerLeft(_ worker: RosterWorker, reason: String, vanished: Bool) throws
    func unitsSubmitted(_ count: Int)
    func unitCompleted(_ unit: WorkUnit, _ result: UnitResult, worker: RosterWorker, attempts: Int)
    /// Samples that a worker left out, for they cannot be decoded.
    func samplesDamaged(_ samples: [DamagedSample], of split: Split)
    /// Log records that a worker shipped, up to a number.
    func received(_ records: [LogRecord], from worker: RosterWorker, upTo number: Int)
    /// - Parameter now: the clock of the workers' times.
    func statusReport(workers: [RosterWorker], now: Double) -> StatusReport
    func logs(for request: LogsRequest) throws -> LogsReply
    /// Called several times a second while the cluster waits: to look after processes, progress and the journal. When it returns,
    /// what was received is kept.
    func idle() throws
}

/// The user asked for an end; the run can go on later.
struct Interrupted: Error {}

/// A unit came to nothing as often as allowed and is set aside. The run pauses; it can go on when the cause is mended.
struct UnitSetAside: Error {
    let problem: Problem
}
