import Coordination
import Datasets
import Diagnostics
import Foundation
import Kernels
import Messages
import Reporting

/// A cluster of worker processes on this machine for one piece of work without a run directory: `analyze`, `bench`.
final class LocalCluster: ClusterOwner {
    private let display: LogDisplay
    private let progress = ProgressBar()
    private let logSink = InMemoryLogSink()
    private let label: String
    private var processes: LocalWorkers?
    private weak var cluster: Cluster?
    private var done = 0
    private var total = 0

    private init(_ label: String, _ verbosity: Verbosity) {
        self.label = label
        display = LogDisplay(min(verbosity, .quiet))
    }

    /// Starts `workers` processes for `task`, hands the cluster to `body` once they have joined, and ends them.
    /// - Parameter label: what the progress line says.
    static func with<Value>(
        _ task: TaskDescription, workers: Int, threads: Int, label: String, verbosity: Verbosity, _ body: (Cluster) throws -> Value
    ) throws -> Value {
        configureBLAS()
        Interrupt.install()
        let owner = LocalCluster(label, verbosity)
        return try withLocalEndpoint { endpoint in
            let logger = Logger(source: "coordinator", level: .debug, sink: owner.logSink)
            let cluster = try Cluster(
                CoordinatorMachine.Settings(
                    run: UUID().uuidString, task: try task.encoded(), fingerprint: kernelFingerprint, heartbeatSeconds: 1,
                    timeoutSeconds: 10, unitAttempts: 5),
                bind: endpoint, insecure: false, logger: logger)
            cluster.setOwner(owner)
            owner.cluster = cluster
            // Beside the socket, and gone with it.
            let processes = LocalWorkers(
                endpoint: endpoint, threads: threads, directory: endpoint.dropFirst("ipc://".count) + ".logs", logger: logger)
            defer {
                owner.progress.clear()
                owner.processes = nil
                cluster.end(outcome: .finished, message: "finished")
                processes.stop(within: 5)
            }
            try processes.start(count: workers)
            owner.processes = processes
            try cluster.waitForWorkers(workers, seconds: 60)
            do {
                return try body(cluster)
            } catch let aside as UnitSetAside {
                throw aside.problem
            }
        }
    }

    func workerJoined(_ worker: RosterWorker) {}
    func workerLeft(_ worker: RosterWorker, reason: String, vanished: Bool) {}
    func unitsSubmitted(_ count: Int) { total += count }
    func unitCompleted(_ unit: WorkUnit, _ result: UnitResult, worker: RosterWorker, attempts: Int) { done += 1 }

    func samplesDamaged(_ samples: [DamagedSample], of split: Split) {
        for sample in samples {
            logSink.write(LogRecord(
                time: Date().timeIntervalSince1970, level: .warning, source: "coordinator", message: "damaged sample left out",
                fields: ["file": split.sampleName(sample.sample), "cause": sample.what]))
        }
    }

    func received(_ records: [LogRecord], from worker: RosterWorker, upTo number: Int) { logSink.write(records) }

    func statusReport(workers: [RosterWorker], now: Double) -> StatusReport {
        let time = Date().timeIntervalSince1970
        return StatusReport(
            run: "", recipe: "", phase: label, state: .running, step: done, totalSteps: total, epoch: 0, rate: 0, startedAt: time,
            updatedAt: time)
    }

    func logs(for request: LogsRequest) -> LogsReply { LogsReply(entries: [], lastID: request.after, finished: false) }

    func idle() throws {
        let records = logSink.drain()
        if !records.isEmpty { progress.clear() }
        for record in records { display.show(record) }
        progress.show(ProgressLine(label: label, done: done, total: total, unit: "units"))
        try processes?.supervise { [weak cluster] in try cluster?.processEnded(pid: $0, reason: $1) }
    }
}
