import Coordination
import Datasets
import Diagnostics
import Foundation
import Kernels
import Messages
import Reporting
import RunStore
import Tensors

/// What a run leaves behind as it goes: journal, log, checkpoints, status and the line on the terminal. It belongs to the
/// coordinator's thread.
final class RunRecorder: ClusterOwner {
    let directory: RunDirectory
    let journal: Journal
    private let checkpoints: CheckpointStore
    private let checkpointWriter: CheckpointWriter
    private let log: RunLog
    private let recipeName: String
    private let recipeDigest: Digest
    private let progress: ProgressBar
    /// Looks after what runs beside the cluster, local worker processes for one.
    var supervise: () throws -> Void = {}
    /// Who is told over HTTP; nil for nobody.
    var service: ServiceFeed?
    /// Whether an operator has paused the run.
    var isPaused: () -> Bool = { false }

    private var meter: ProgressMeter
    private var unitRows: [UnitRow] = []
    private var credits: [WorkerKey: (units: Int, samples: Int)] = [:]
    private var faults: [String] = []
    private var rates = WorkerRates()
    /// Lives that ended otherwise than in order, by worker's name.
    private var losses: [String: Int] = [:]
    private(set) var feeding = FeedingRecord()
    private var kernels = KernelMark()
    /// Kernels other than the coordinator's that took part.
    var otherKernels: [String] { kernels.others }
    /// Whether they may.
    private let admitsOtherKernels: Bool
    private var lastStatus = 0.0
    private var isOver = false
    /// What the journal says of workers' clocks.
    private var clocks: [String: Double] = [:]

    private struct WorkerKey: Hashable {
        let name: String
        let incarnation: String
    }

    /// - Parameters:
    init(
        directory: RunDirectory, journal: Journal, recipeName: String, recipeDigest: Digest, keep: Int, log: RunLog,
        progress: ProgressBar, admitsOtherKernels: Bool
    ) {
        self.directory = directory
        self.journal = journal
        self.recipeName = recipeName
        self.recipeDigest = recipeDigest
        self.log = log
        self.progress = progress
        self.admitsOtherKernels = admitsOtherKernels
        checkpoints = CheckpointStore(directory, journal, keep: keep)
        checkpointWriter = CheckpointWriter(checkpoints, directory)
        meter = ProgressMeter(startedAt: Date().timeIntervalSince1970)
    }

    private var time: Double { Date().timeIntervalSince1970 }

    // MARK: Phases and steps

    /// - Parameter keepsMetrics: whether the figures of steps from `step` on stay until those are taken again.
    func begin(_ phase: RunPhase, totalSteps: Int, from step: Int, keepsMetrics: Bool = false) throws(Problem) {
        if !keepsMetrics { try journal.removeMetrics(phase: phase.rawValue, from: step) }
        try journal.beginPhase(phase.rawValue, steps: totalSteps, at: time)
        meter.begin(phase, total: totalSteps, from: step)
        service?.begin(phase, from: step, keepsMetrics: keepsMetrics)
    }

    func end(_ phase: RunPhase) throws(Problem) {
        try flush()
        try journal.finishPhase(phase.rawValue, at: time)
        progress.clear()
    }

    /// Journals one step with its units in one transaction.
    func step(
        _ phase: RunPhase, _ outcome: SteppedPhase.StepOutcome, metrics: [(name: String, value: Double)],
        shown: (loss: Double, accuracy: Double)
    ) throws {
        meter.step(outcome.step + 1, epoch: outcome.epoch, loss: shown.loss, accuracy: shown.accuracy)
        try journal.transaction { () throws(Problem) in
            try writeUnits()
            try journal.recordMetrics(phase: phase.rawValue, step: outcome.step, metrics)
        }
        service?.step(outcome.step, of: phase, metrics)
        try idle()
    }

    /// The network's accuracy on the test split, after a step of training.
    func evaluated(_ accuracy: NetworkAccuracy, afterStep step: Int) throws(Problem) {
        try journal.recordMetrics(phase: RunPhase.training.rawValue, step: step, [
            ("test_accuracy", accuracy.top1), ("test_top5_accuracy", accuracy.top5), ("test_loss", accuracy.loss),
        ])
        meter.testAccuracy = accuracy.top1
        service?.evaluated(accuracy, afterStep: step)
    }

    // MARK: Checkpoints

    /// Writes a checkpoint of the state as it stands, which may be changed as soon as this returns.
    /// - Parameter waits: until it is written and counts; otherwise that comes about while the run goes on, and not at all where
    ///   checkpoints would take too much of the time.
    func checkpoint(_ state: TrainingState, waits: Bool = true) throws(Problem) {
        if !waits {
            note(try checkpointWriter.recordIfWritten())
            if checkpointWriter.isTooSoon { return }
        }
        try flush()
        let checkpoint = Checkpoint(
            phase: state.position.phase.rawValue, step: state.position.step, epoch: meter.epoch, recipeDigest: recipeDigest,
            fingerprint: kernelFingerprint)
        let vectors = state.vectors.map { ($0.prefix, $0.vector) }
        guard waits else { return note(try checkpointWriter.begin(checkpoint, vectors)) }
        note(try checkpointWriter.finish())
        let start = ContinuousClock.now
        try checkpoints.save(checkpoint, vectors, at: time)
        note(start.duration(to: .now) / .seconds(1))
    }

    /// - Parameter seconds: that a checkpoint took to be written; nil where there was none.
    private func note(_ seconds: Double?) {
        if let seconds { service?.checkpointWritten(seconds: seconds) }
    }

    /// Puts the state back to the newest whole checkpoint.
    /// - Returns: whether there was one; false leaves the state at the run's start.
    func restore(_ state: TrainingState, logger: Logger) throws(Problem) -> Bool {
        let (stored, warnings) = try checkpoints.latestWholeCheckpoint()
        for warning in warnings { logger.warning("checkpoint passed over", ["cause": warning.description]) }
        guard let stored else { return false }
        guard stored.checkpoint.recipeDigest == recipeDigest else {
            throw Problem(
                "was made under another recipe", at: stored.file.path,
                remedy: "go on with the run's own recipe, \(directory.recipePath), or start a new run")
        }
        if stored.checkpoint.fingerprint != kernelFingerprint, admitsOtherKernels {
            try noteKernels(stored.checkpoint.fingerprint, of: "the checkpoint's coordinator")
        } else if stored.checkpoint.fingerprint != kernelFingerprint {
            throw Problem(
                "was computed by kernels \(stored.checkpoint.fingerprint), these are \(kernelFingerprint), and results would differ in their last bits",
                at: stored.file.path,
                remedy: "go on where the run was started, or start a new run; or go on with --mixed, which marks the run as not bit-reproducible")
        }
        guard let phase = RunPhase(rawValue: stored.checkpoint.phase) else {
            throw Problem("is of an unknown phase \(stored.checkpoint.phase)", at: stored.file.path)
        }
        try stored.requireNames(state.vectors.map(\.prefix))
        for (prefix, vector) in state.vectors { try stored.read(prefix, into: vector) }
        state.position = TrainingState.Position(phase: phase, step: stored.checkpoint.step)
        logger.info("resuming", ["checkpoint": stored.row.path, "phase": phase.rawValue, "step": String(stored.checkpoint.step)])
        return true
    }

    /// Seconds that the run has taken, interruptions left out.
    func wallSeconds() throws(Problem) -> Double {
        let earlier = Double(try journal.value(for: "earlier_seconds") ?? "") ?? 0
        return earlier + (time - meter.startedAt)
    }

    // MARK: Journal and log

    /// Writes what has gathered: units, credits and log records.
    func flush() throws(Problem) {
        try journal.transaction { () throws(Problem) in try writeUnits() }
        try writeLog()
    }

    private func writeUnits() throws(Problem) {
        for row in unitRows { try journal.record(row) }
        for (key, credit) in credits.sorted(by: { $0.key.name < $1.key.name }) {
            try journal.credit(name: key.name, incarnation: key.incarnation, units: credit.units, samples: credit.samples)
        }
        try feeding.write(to: journal)
        unitRows = []
        credits = [:]
    }

    private func writeLog() throws(Problem) {
        let records = log.drain()
        if !records.isEmpty { progress.clear() }
        try log.keep(records)
        service?.write(records)
    }

    // MARK: ClusterOwner

    func workerJoined(_ worker: RosterWorker) throws(Problem) {
        try journal.workerJoined(WorkerRow(
            name: worker.name, incarnation: worker.incarnation, host: worker.host, pid: worker.pid, threads: worker.threads,
            fingerprint: worker.fingerprint, joined: time))
        service?.workerJoined()
        if worker.fingerprint != kernelFingerprint { try noteKernels(worker.fingerprint, of: worker.name) }
        log.write(LogRecord(time: time, level: .info, source: "coordinator", message: "worker joined", fields: [
            "worker.name": worker.name, "worker.host": worker.host, "worker.pid": String(worker.pid),
            "worker.threads": String(worker.threads),
        ]))
    }

    private func noteKernels(_ fingerprint: String, of whom: String) throws(Problem) {
        guard try kernels.note(fingerprint, in: journal) else { return }
        log.write(LogRecord(
            time: time, level: .warning, source: "coordinator", message: "other kernels take part: the run is not bit-reproducible",
            fields: ["fingerprint": fingerprint, "whose": whom]))
    }

    func workerLeft(_ worker: RosterWorker, reason: String, vanished: Bool) throws(Problem) {
        try journal.transaction { () throws(Problem) in try writeUnits() }
        try journal.workerLeft(name: worker.name, incarnation: worker.incarnation, reason: reason, at: time)
        service?.workerLeft(vanished: vanished)
        noteFault("\(worker.name) left: \(reason)")
        if vanished, losses.count < 4096 || losses[worker.name] != nil { losses[worker.name, default: 0] += 1 }
        log.write(LogRecord(time: time, level: .warning, source: "coordinator", message: "worker left", fields: [
            "worker.name": worker.name, "reason": reason, "units-dealt-again": String(worker.unitsInHand.count),
        ]))
    }

    /// Something that whoever looks at the status should know.
    func noteFault(_ text: String) { faults = Array((faults + [text]).suffix(10)) }

    func unitsSubmitted(_ count: Int) { meter.unitsSubmitted(count) }

    func unitCompleted(_ unit: WorkUnit, _ result: UnitResult, worker: RosterWorker, attempts: Int) {
        // More than any unit has, so that sums cannot overflow; whether it is right is settled where results are added up.
        let samples = min(max(0, Int(exactly: result.figures[Figure.samples] ?? 0) ?? 0), 1 << 31)
        meter.unitCompleted(samples: samples)
        rates.note(worker.name, samples: samples, at: ProcessInfo.processInfo.systemUptime)
        feeding.note(result, of: worker)
        service?.unitCompleted(unit.work.kind, samples: samples, seconds: result.seconds, attempts: attempts)
        let key = WorkerKey(name: worker.name, incarnation: worker.incarnation)
        let credit = credits[key] ?? (0, 0)
        credits[key] = (credit.units + 1, credit.samples + samples)
        let (step, node) = unit.work.place
        unitRows.append(UnitRow(
            id: unit.id, kind: unit.work.kind, phase: meter.phase?.rawValue ?? "", step: step ?? meter.step, node: node,
            worker: worker.name, attempts: attempts, seconds: result.seconds, state: .done, finishedAt: time))
    }

    func samplesDamaged(_ samples: [DamagedSample], of split: Split) {
        for row in feeding.note(samples, of: split) {
            log.write(LogRecord(time: time, level: .warning, source: "coordinator", message: "damaged sample left out", fields: [
                "file": row.name, "split": row.split, "cause": row.cause,
            ]))
        }
    }

    func received(_ records: [LogRecord], from worker: RosterWorker, upTo number: Int) {
        log.take(records, ofLife: worker.incarnation, upTo: number)
    }

    func idle() throws {
        if let warning = service?.idle() { log.write(warning) }
        try writeLog()
        note(try checkpointWriter.recordIfWritten())
        progress.show(meter.line)
        if time - lastStatus >= 0.5 { try writeStatus() }
        try supervise()
    }

    func statusReport(workers: [RosterWorker], now: Double) -> StatusReport {
        let all = max(1, workers.reduce(0) { $0 + $1.unitsDone })
        let statuses = workers.map { worker in
            WorkerStatus(
                name: worker.name, host: worker.host, pid: worker.pid, threads: worker.threads,
                state: worker.unitsInHand.isEmpty ? .idle : .working, share: Double(worker.unitsDone) / Double(all),
                unitsDone: worker.unitsDone, lagSeconds: now - worker.lastHeard, residentBytes: worker.residentBytes,
                joined: time - (now - worker.joinedAt), waitingShare: worker.waitingShare,
                readsOwnData: !worker.ownSplits.isEmpty, rate: rates.rate(of: worker.name, at: ProcessInfo.processInfo.systemUptime),
                faults: worker.failures + (losses[worker.name] ?? 0), isDraining: worker.isDraining ? true : nil,
                clockOffset: worker.clock.measurement(at: time)?.offset,
                clockUncertainty: worker.clock.measurement(at: time)?.uncertainty)
        }
        var report = meter.report(
            run: directory.path, recipe: recipeName, workers: statuses, faults: faults + standingFaults(), at: time)
        if isPaused(), report.state == .running || report.state == .waitingForWorkers { report.state = .paused }
        report.waitingShare = feeding.waitingShare
        report.damagedSamples = feeding.damagedCount
        let refusals = refusalsForStatus()
        report.refusals = refusals.isEmpty ? nil : refusals
        report.otherKernels = otherKernels.isEmpty ? nil : otherKernels
        report.http = isOver ? nil : service?.service.address
        return report
    }

    func logs(for request: LogsRequest) throws(Problem) -> LogsReply {
        try writeLog()
        return try log.page(for: request)
    }

    // MARK: Status

    /// What is wrong with how workers compute, as long as it is.
    var standingFaults: () -> [String] = { [] }

    /// Gives the journal the status that `filterscope status --run` shows.
    var workersForStatus: () -> (workers: [RosterWorker], now: Double) = { ([], 0) }
    /// What the cluster did not take, by kind.
    var refusalsForStatus: () -> [String: Int] = { [:] }
    /// What went over its socket.
    var trafficForStatus: () -> ClusterTraffic = { ClusterTraffic() }

    private func writeStatus() throws(Problem) {
        lastStatus = time
        let (workers, now) = workersForStatus()
        try writeClocks(of: workers)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let report = statusReport(workers: workers, now: now)
        guard let json = try? encoder.encode(report) else { return }
        try journal.setStatus(json: String(decoding: json, as: UTF8.self), at: lastStatus)
        service?.publish(
            report, workers: workers, traffic: trafficForStatus(), journalWrites: journal.database.transactionTimes)
    }

    private func writeClocks(of workers: [RosterWorker]) throws(Problem) {
        for worker in workers {
            // What is known grows less certain by itself; only what was measured anew is written down.
            guard let known = worker.clock.measurement(at: 0), clocks[worker.incarnation] != known.offset else { continue }
            if clocks.count > 4096 { clocks = [:] }
            clocks[worker.incarnation] = known.offset
            try journal.setClock(incarnation: worker.incarnation, offset: known.offset, uncertainty: known.uncertainty)
        }
    }

    /// Records how the run ended, last of all.
    func close(_ state: Messages.RunState, condition: RunCondition) throws(Problem) {
        meter.state = state
        isOver = true
        // Where it cannot be written, an older one is gone on with.
        _ = try? checkpointWriter.finish()
        try journal.setValue(String(try wallSeconds()), for: "earlier_seconds")
        try flush()
        try writeStatus()
        try journal.setCondition(condition)
        progress.clear()
    }

    func open() throws(Problem) {
        try log.open()
        try feeding.load(from: journal)
        try kernels.load(from: journal)
        try service?.load(from: journal)
        try journal.allWorkersLeft(reason: "the coordinator started again", at: time)
        try journal.setCondition(.running)
        meter.state = .waitingForWorkers
        try writeStatus()
    }
}
