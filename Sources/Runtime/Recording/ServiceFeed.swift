import Coordination
import Diagnostics
import Foundation
import Messages
import RunStore
import Service

/// Tells the HTTP side what happens in a run. It belongs to the coordinator's thread, and costs it little: sums, and twice a second a copy.
final class ServiceFeed {
    let service: RunService
    /// Where the run's files lie.
    private let path: String
    private var figures = RunFigures()
    private var lastStep: ContinuousClock.Instant?
    private var nextDiskLook = -Double.infinity
    private var nextWarning = -Double.infinity

    init(_ service: RunService, path: String) {
        self.service = service
        self.path = path
    }

    private var time: Double { Date().timeIntervalSince1970 }

    // MARK: What happens

    /// A resumed run's curves, as its journal has them.
    func load(from journal: Journal) throws(Problem) {
        for phase in RunPhase.allCases where phase.isStepped {
            for name in try journal.metricNames(phase: phase.rawValue) where Self.isCurve(name) {
                for point in try journal.metricCourse(phase: phase.rawValue, name: name, points: 400) {
                    service.publish([(name, point.value)], phase: phase.rawValue, step: point.step)
                }
            }
        }
    }

    func begin(_ phase: RunPhase, from step: Int, keepsMetrics: Bool) {
        lastStep = nil
        if !keepsMetrics { service.forget(phase: phase.rawValue, from: step) }
    }

    func step(_ step: Int, of phase: RunPhase, _ metrics: [(name: String, value: Double)]) {
        let now = ContinuousClock.now
        if let lastStep { figures.stepTimes.note(seconds: lastStep.duration(to: now) / .seconds(1)) }
        lastStep = now
        figures.steps[phase.rawValue, default: 0] += 1
        figures.lastProgress = time
        service.publish(metrics.filter { Self.isCurve($0.name) }, phase: phase.rawValue, step: step)
    }

    func evaluated(_ accuracy: NetworkAccuracy, afterStep step: Int) {
        service.publish([("test_accuracy", accuracy.top1), ("test_loss", accuracy.loss)], phase: RunPhase.training.rawValue, step: step)
    }

    private static func isCurve(_ name: String) -> Bool { (name.contains("loss") || name.contains("accuracy")) && !name.contains("top5") }

    func unitCompleted(_ kind: String, samples: Int, seconds: Double, attempts: Int) {
        figures.units[kind, default: RunFigures.Units()].count += 1
        figures.units[kind]?.samples += samples
        // A day at most: what a worker says stays finite.
        figures.units[kind]?.seconds += min(max(0, seconds), 86_400)
        figures.repeatedAttempts += max(0, attempts - 1)
        figures.lastProgress = time
    }

    func workerJoined() { figures.workersJoined += 1 }

    func workerLeft(vanished: Bool) {
        if vanished { figures.workersLost += 1 } else { figures.workersLeft += 1 }
    }

    func checkpointWritten(seconds: Double) {
        figures.checkpointWrites.note(seconds: seconds)
        figures.lastCheckpoint = time
    }

    func write(_ records: [LogRecord]) {
        for record in records { figures.logRecords[record.level, default: 0] += 1 }
        service.publish(records)
    }

    // MARK: How things stand

    /// - Returns: what has to stand in the log now.
    func idle() -> LogRecord? {
        service.beat()
        guard service.isOpen, time >= nextWarning else { return nil }
        nextWarning = time + 60
        return LogRecord(
            time: time, level: .warning, source: "coordinator",
            message: "anybody who reaches the live page's address can watch the run: its status, its log and its workers' names", fields: [
                "address": service.address, "remedy": "leave --http at this machine's loopback, and let others come through an SSH tunnel or a proxy that asks who they are",
            ])
    }

    func publish(_ status: StatusReport, workers: [RosterWorker], traffic: ClusterTraffic, journalWrites: DurationHistogram) {
        figures.journalWrites = journalWrites
        service.journalWritten()
        (figures.receivedMessages, figures.receivedBytes) = (traffic.receivedMessages, traffic.receivedBytes)
        (figures.sentMessages, figures.sentBytes) = (traffic.sentMessages, traffic.sentBytes)
        let rates = Dictionary(status.workers.map { ($0.name, $0.rate) }) { first, _ in first }
        figures.workers = workers.map { worker in
            let peer = traffic[worker.peer]
            return RunFigures.Worker(
                name: worker.name, samples: worker.samplesDone, busySeconds: worker.busySeconds, fedSeconds: worker.fedSeconds,
                waitedSeconds: worker.waitedSeconds, unitsInHand: worker.unitsInHand.count, samplesPerSecond: rates[worker.name] ?? nil,
                failures: worker.failures, receivedBytes: peer.receivedBytes, sentBytes: peer.sentBytes)
        }
        lookAtDisk()
        service.publish(status, figures)
    }

    private func lookAtDisk() {
        guard time >= nextDiskLook else { return }
        nextDiskLook = time + 5
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 else { return }
        let block = Int(disk.f_frsize)
        figures.diskBytes = Int(disk.f_blocks) * block
        figures.diskFreeBytes = Int(disk.f_bavail) * block
    }
}
