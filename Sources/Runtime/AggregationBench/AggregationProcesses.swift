import Coordination
import Datasets
import Diagnostics
import Foundation
import Kernels
import Messages
import Transport

/// The coordinator and worker processes of `bench aggregation`: started together, gone when it is over.
final class AggregationProcesses: ClusterOwner {
    private let logSink = InMemoryLogSink()
    private let display = LogDisplay(.quiet)
    private var processes: [Process] = []

    private init() {}

    /// Starts the workers and hands the cluster to `body` once they have joined.
    static func with<Value>(_ options: AggregationOptions, _ task: AggregationTask, _ body: (Cluster) throws -> Value) throws -> Value {
        Interrupt.install()
        return try withLocalEndpoint { local in
            let owner = AggregationProcesses()
            // Keys of this measurement alone, gone with the socket's directory.
            let keys = options.transport == .curve ? KeyDirectory(String(local.dropFirst("ipc://".count)) + ".keys") : nil
            try keys?.make()
            let cluster = try Cluster(
                CoordinatorMachine.Settings(
                    run: UUID().uuidString, task: try task.encoded(), fingerprint: kernelFingerprint, heartbeatSeconds: 1,
                    timeoutSeconds: 10, unitAttempts: 1),
                bind: options.transport.isOverTCP ? "tcp://127.0.0.1:*" : local, keys: try keys?.coordinator(), insecure: false,
                logger: Logger(source: "coordinator", level: .debug, sink: owner.logSink))
            cluster.setOwner(owner)
            defer {
                cluster.end(outcome: .finished, message: "finished")
                owner.stop()
            }
            for number in 1...options.workers { try owner.launch("worker-\(number)", cluster.endpoint, options.transport, keys) }
            try cluster.waitForWorkers(options.workers, seconds: 60)
            return try body(cluster)
        }
    }

    private func launch(
        _ name: String, _ endpoint: String, _ transport: AggregationOptions.Transport, _ keys: KeyDirectory?
    ) throws(Problem) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["bench", "aggregation", "--connect", endpoint, "--name", name] + (keys.map { ["--keys", $0.path] } ?? [])
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        // A worker that offers no memory gets and sends frames.
        if transport != .memory {
            process.environment = ProcessInfo.processInfo.environment.merging(["FILTERSCOPE_SHARED_MEMORY": "0"]) { $1 }
        }
        do {
            try process.run()
        } catch {
            throw Problem("worker process cannot be started: \(error.localizedDescription)", at: process.executableURL?.path)
        }
        processes.append(process)
    }

    /// Waits for the processes to leave by themselves, which they do when told that the run is over; then ends them.
    private func stop() {
        let deadline = ContinuousClock.now + .seconds(5)
        while processes.contains(where: \.isRunning), ContinuousClock.now < deadline { Thread.sleep(forTimeInterval: 0.02) }
        for process in processes where process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    func workerJoined(_ worker: RosterWorker) {}
    func workerLeft(_ worker: RosterWorker, reason: String, vanished: Bool) throws { throw Problem("worker \(worker.name) left: \(reason)") }
    func unitsSubmitted(_ count: Int) {}
    func unitCompleted(_ unit: WorkUnit, _ result: UnitResult, worker: RosterWorker, attempts: Int) {}
    func samplesDamaged(_ samples: [DamagedSample], of split: Split) {}
    func received(_ records: [LogRecord], from worker: RosterWorker, upTo number: Int) {}

    func statusReport(workers: [RosterWorker], now: Double) -> StatusReport {
        let time = Date().timeIntervalSince1970
        return StatusReport(
            run: "", recipe: "", phase: "aggregation", state: .running, step: 0, totalSteps: 0, epoch: 0, rate: 0, startedAt: time,
            updatedAt: time)
    }

    func logs(for request: LogsRequest) -> LogsReply { LogsReply(entries: [], lastID: request.after, finished: false) }

    func idle() throws {
        for record in logSink.drain() { display.show(record) }
        if let ended = processes.first(where: { !$0.isRunning }) {
            throw Problem("a worker process ended with code \(ended.terminationStatus)")
        }
    }
}
