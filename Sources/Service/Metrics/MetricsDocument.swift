import Diagnostics
import Foundation
import Messages

/// `/metrics`: everything about a run that a monitoring system may want to keep.
package struct MetricsDocument {
    let status: StatusReport
    let figures: RunFigures
    let facts: ServiceFacts
    /// Of the server itself.
    let listeners: Int
    let answered: [Int: Int]

    package init(status: StatusReport, figures: RunFigures, facts: ServiceFacts, listeners: Int, answered: [Int: Int]) {
        self.status = status
        self.figures = figures
        self.facts = facts
        self.listeners = listeners
        self.answered = answered
    }

    private typealias Sample = Exposition.Sample

    package var text: String {
        var page = Exposition()
        addRun(&page)
        addProgress(&page)
        addWorkers(&page)
        addTrouble(&page)
        addStorage(&page)
        addProcess(&page)
        return page.text
    }

    private func addRun(_ page: inout Exposition) {
        page.add("filterscope_build_info", .gauge, "Version and kernels of the program; always 1.", [
            Sample(1, ("version", facts.version), ("kernels", facts.kernels)),
        ])
        page.add("filterscope_run_info", .gauge, "Which run this is; always 1.", [
            Sample(1, ("run", status.run), ("recipe", status.recipe), ("model", facts.model), ("dataset", facts.dataset)),
        ])
        page.add("filterscope_start_time_seconds", .gauge, "When this coordinator began, in seconds since 1970.", status.startedAt)
        page.add("filterscope_run_state", .gauge, "1 for the state that the run is in, 0 for the others.", RunState.allCases.map {
            Sample($0 == status.state ? 1 : 0, ("state", $0.rawValue))
        })
        page.add("filterscope_run_phase", .gauge, "1 for the phase that the run is in, 0 for the others.", facts.phases.map {
            Sample($0 == status.phase ? 1 : 0, ("phase", $0))
        })
    }

    private func addProgress(_ page: inout Exposition) {
        page.add("filterscope_phase_steps_done", .gauge, "Steps of the phase that are done; units where it has no steps.", Double(status.step))
        page.add("filterscope_phase_steps", .gauge, "Steps of the phase; units where it has no steps.", Double(status.totalSteps))
        page.add("filterscope_phase_epoch", .gauge, "Passes over the training data that are done in this phase.", Double(status.epoch))
        page.add("filterscope_phase_remaining_seconds", .gauge, "How long the phase will take yet, by its pace so far.", status.secondsLeft)
        page.add("filterscope_samples_per_second", .gauge, "Samples computed per second over the last ten seconds.", status.rate)
        page.add("filterscope_steps_total", .counter, "Steps taken since the coordinator began.", facts.steppedPhases.map {
            Sample(Double(figures.steps[$0] ?? 0), ("phase", $0))
        })
        page.add(
            "filterscope_step_seconds", "From the end of a step to the end of the next.", bounds: DurationHistogram.bounds,
            counts: figures.stepTimes.counts, sum: figures.stepTimes.sum)
        page.add(
            "filterscope_last_progress_timestamp_seconds", .gauge, "When a unit or a step was done last, in seconds since 1970.",
            figures.lastProgress)
        let kinds = facts.unitKinds.map { ($0, figures.units[$0] ?? RunFigures.Units()) }
        page.add("filterscope_units_completed_total", .counter, "Units of work done.", kinds.map { Sample(Double($1.count), ("kind", $0)) })
        page.add("filterscope_unit_samples_total", .counter, "Samples of units that are done.", kinds.map {
            Sample(Double($1.samples), ("kind", $0))
        })
        page.add("filterscope_unit_lane_seconds_total", .counter, "What workers' threads spent on units that are done.", kinds.map {
            Sample($1.seconds, ("kind", $0))
        })
        page.add(
            "filterscope_unit_retries_total", .counter, "Attempts beyond the first of units that are done.", Double(figures.repeatedAttempts))
        page.add("filterscope_loss", .gauge, "Mean loss over the last fifty mini-batches or so.", status.metrics["loss"])
        page.add("filterscope_accuracy_ratio", .gauge, "Share of samples judged rightly, over the last fifty mini-batches or so.", status.metrics["accuracy"])
        page.add("filterscope_test_accuracy_ratio", .gauge, "Share of test samples that the network judged rightly when it was tested last.", status.metrics["test_accuracy"])
    }

    private func addWorkers(_ page: inout Exposition) {
        let counts = Dictionary(grouping: status.workers, by: \.state).mapValues(\.count)
        page.add("filterscope_workers", .gauge, "Workers that are present, by state.", [WorkerState.joining, .idle, .working, .lagging].map {
            Sample(Double(counts[$0] ?? 0), ("state", $0.rawValue))
        })
        page.add("filterscope_workers_joined_total", .counter, "Workers that joined.", Double(figures.workersJoined))
        page.add("filterscope_workers_left_total", .counter, "Workers that went: \"left\" with a goodbye, \"lost\" without.", [
            Sample(Double(figures.workersLeft), ("how", "left")), Sample(Double(figures.workersLost), ("how", "lost")),
        ])
        func each(_ name: String, _ kind: Exposition.Kind, _ help: String, _ value: (WorkerStatus) -> Double?) {
            page.add(name, kind, help, status.workers.compactMap { worker in value(worker).map { Sample($0, ("worker", worker.name)) } })
        }
        func each(_ name: String, _ kind: Exposition.Kind, _ help: String, figure: (RunFigures.Worker) -> Double?) {
            page.add(name, kind, help, figures.workers.compactMap { worker in figure(worker).map { Sample($0, ("worker", worker.name)) } })
        }
        page.add("filterscope_worker_info", .gauge, "Where a worker is; always 1.", status.workers.map {
            Sample(1, ("worker", $0.name), ("host", $0.host), ("pid", String($0.pid)))
        })
        each("filterscope_worker_threads", .gauge, "Threads that a worker computes with.") { Double($0.threads) }
        each("filterscope_worker_share_ratio", .gauge, "A worker's part of the units that present workers have done.") { $0.share }
        each("filterscope_worker_silence_seconds", .gauge, "Time since a worker was last heard of.") { $0.lagSeconds }
        each("filterscope_worker_resident_memory_bytes", .gauge, "Memory that a worker takes, as it says.") { Double($0.residentBytes) }
        each("filterscope_worker_units_completed_total", .counter, "Units that a worker has done since it joined.") { Double($0.unitsDone) }
        each("filterscope_worker_samples_total", .counter, "Samples that a worker has done since it joined.", figure: { Double($0.samples) })
        each("filterscope_worker_samples_per_second", .gauge, "Samples that a worker does per second, over the last ten seconds or so.", figure: { $0.samplesPerSecond })
        each("filterscope_worker_lane_seconds_total", .counter, "What a worker's threads spent on units since it joined.", figure: { $0.busySeconds })
        each("filterscope_worker_fed_seconds_total", .counter, "What a worker's threads spent on units with samples since it joined.", figure: { $0.fedSeconds })
        each("filterscope_worker_waiting_seconds_total", .counter, "What a worker's threads spent of that waiting for samples.", figure: { $0.waitedSeconds })
        each("filterscope_worker_units_in_hand", .gauge, "Units that a worker has and has not answered.", figure: { Double($0.unitsInHand) })
        each("filterscope_worker_failures_total", .counter, "Units that a worker could not do since it joined.", figure: { Double($0.failures) })
        each("filterscope_worker_received_bytes_total", .counter, "Bytes of messages from a worker since it joined, without memory in common.", figure: { Double($0.receivedBytes) })
        each("filterscope_worker_sent_bytes_total", .counter, "Bytes of messages to a worker since it joined, without memory in common.", figure: { Double($0.sentBytes) })
    }

    private func addTrouble(_ page: inout Exposition) {
        page.add("filterscope_feeding_waiting_ratio", .gauge, "Share of lanes' time, over the whole run, in which they waited for samples.", status.waitingShare)
        page.add("filterscope_damaged_samples_total", .counter, "Samples of the run that could not be decoded and were left out.", Double(status.damagedSamples ?? 0))
        let refusals = Dictionary(uniqueKeysWithValues: facts.refusalKinds.map { ($0, 0) }).merging(status.refusals ?? [:]) { $1 }
        page.add("filterscope_refusals_total", .counter, "Messages and connections that were not taken.", refusals.sorted { $0.key < $1.key }.map {
            Sample(Double($0.value), ("kind", $0.key))
        })
        page.add("filterscope_faults", .gauge, "Faults that the status names at present.", Double(status.faults.count))
        page.add("filterscope_log_records_total", .counter, "Records of the merged log.", LogLevel.allCases.map {
            Sample(Double(figures.logRecords[$0] ?? 0), ("level", $0.name))
        })
        page.add("filterscope_received_messages_total", .counter, "Messages that were read.", Double(figures.receivedMessages))
        page.add("filterscope_received_bytes_total", .counter, "Bytes of messages that were read, without memory in common.", Double(figures.receivedBytes))
        page.add("filterscope_sent_messages_total", .counter, "Messages that were sent.", Double(figures.sentMessages))
        page.add("filterscope_sent_bytes_total", .counter, "Bytes of messages that were sent, without memory in common.", Double(figures.sentBytes))
    }

    private func addStorage(_ page: inout Exposition) {
        page.add(
            "filterscope_journal_write_seconds", "How long the journal's transactions took.", bounds: DurationHistogram.bounds,
            counts: figures.journalWrites.counts, sum: figures.journalWrites.sum)
        page.add(
            "filterscope_checkpoint_write_seconds", "How long checkpoints took to write.", bounds: DurationHistogram.bounds,
            counts: figures.checkpointWrites.counts, sum: figures.checkpointWrites.sum)
        page.add("filterscope_last_checkpoint_timestamp_seconds", .gauge, "When a checkpoint was written last, in seconds since 1970.", figures.lastCheckpoint)
        page.add("filterscope_run_disk_bytes", .gauge, "Size of the file system that the run directory lies on.", figures.diskBytes.map(Double.init))
        page.add("filterscope_run_disk_free_bytes", .gauge, "What is free there for the coordinator's user.", figures.diskFreeBytes.map(Double.init))
    }

    private func addProcess(_ page: inout Exposition) {
        page.add("filterscope_http_answers_total", .counter, "Answers of this page's server.", answered.sorted { $0.key < $1.key }.map {
            Sample(Double($0.value), ("code", String($0.key)))
        })
        page.add("filterscope_http_listeners", .gauge, "Live pages that are open.", Double(listeners))
        let process = ProcessFigures.own
        page.add("process_resident_memory_bytes", .gauge, "Memory that the coordinator takes.", process.residentBytes.map(Double.init))
        page.add("process_cpu_seconds_total", .counter, "Processor time that the coordinator took.", process.processorSeconds)
        page.add("process_open_fds", .gauge, "Files and sockets that the coordinator has open.", process.openFiles.map(Double.init))
        page.add("process_start_time_seconds", .gauge, "When the process began, in seconds since 1970.", facts.processStart)
    }
}

/// What does not change while a coordinator runs.
public struct ServiceFacts: Sendable {
    public var version: String
    public var kernels: String
    public var model: String
    public var dataset: String
    /// All that there are, so that each has a line before it comes to pass: of phases, those of them with steps, units, refusals.
    public var phases: [String]
    public var steppedPhases: [String]
    public var unitKinds: [String]
    public var refusalKinds: [String]
    /// Seconds since 1970.
    public var processStart: Double

    public init(
        version: String, kernels: String, model: String, dataset: String, phases: [String], steppedPhases: [String], unitKinds: [String],
        refusalKinds: [String], processStart: Double
    ) {
        self.version = version
        self.kernels = kernels
        self.model = model
        self.dataset = dataset
        self.phases = phases
        self.steppedPhases = steppedPhases
        self.unitKinds = unitKinds
        self.refusalKinds = refusalKinds
        self.processStart = processStart
    }
}

/// This process, by the kernel's books; nil where it does not say.
struct ProcessFigures {
    var residentBytes: Int?
    var processorSeconds: Double?
    var openFiles: Int?

    static var own: ProcessFigures {
        var figures = ProcessFigures()
        if let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) {
            let fields = text.split(separator: " ")
            if fields.count > 1, let pages = Int(fields[1]) { figures.residentBytes = pages * sysconf(Int32(_SC_PAGESIZE)) }
        }
        var time = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
            figures.processorSeconds = Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        }
        figures.openFiles = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count
        return figures
    }
}
