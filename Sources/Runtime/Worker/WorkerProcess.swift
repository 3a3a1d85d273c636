import Coordination
import Diagnostics
import Foundation
import Kernels
import Mechanism
import Messages
import Tensors
import Transport

/// A worker: its machine, its socket and its lanes. Everything but computing happens on the thread that calls `run`.
final class WorkerProcess {
    private enum Event: Sendable {
        case transport(TransportEvent)
        case unitOver(UInt64, UnitInProgress.Outcome, generation: Int)
        case filtersOver(UInt64, Result<FilterRows.Measured, Problem>, seconds: Double, generation: Int)
        case dataOpened(OwnData, of: DataSummary?)
        /// Many log records wait to be shipped.
        case logsWait
    }

    private final class Lane {
        /// Made with the first unit, since the network comes with the welcome.
        var computer: ShardComputer?
    }

    private let options: WorkerOptions
    private let threads: Int
    private let codec = MessageCodec()
    private let mailbox = Mailbox<Event>()
    private let dealer: DealerEndpoint
    private let keys: ClientKeys?
    private let logSink: InMemoryLogSink
    private let logger: Logger
    private let echo: @Sendable (LogRecord) -> Void
    private var machine: WorkerMachine
    private var run = ""
    private var name: String
    private var task: TaskDescription?
    private var lanes: LanePool<Lane>?
    private var feeder: Feeder?
    /// The samples of units that will follow, and of those in hand.
    private var announced: [UInt64: UnitFeed] = [:]
    private var inHand: [UInt64: (unit: ShardedUnit, progress: UnitInProgress)] = [:]
    /// The copy of the coordinator's data set that is on this machine, and of which it was found to be one.
    private var ownData: (data: OwnData, summary: DataSummary?)?
    private var isOpeningData = false
    private var layouts: [String: TensorLayout] = [:]
    private var parameters: [String: (version: UInt64, held: HeldParameters)] = [:]
    private let memory: WorkerMemory
    /// Where sums find memory; made with the lanes.
    private var sums: StoragePool
    /// Where weights that came in frames find memory: the set in use, and the one that replaces it.
    private let received = StoragePool(kept: 4)
    /// Grows when work in hand is dropped, so that what lanes still bring is told from what counts.
    private var generation = 0
    private var backlog = LogBacklog()
    /// For tests of the audit alone: a worker that computes wrongly and does not know it.
    private let flipsBits = ProcessInfo.processInfo.environment["FILTERSCOPE_TEST_FLIP_BIT"] == "1"
    private var departure: WorkerMachine.Departure?

    /// - Parameter echo: shows a record on this machine as well.
    init(_ options: WorkerOptions, echo: @escaping @Sendable (LogRecord) -> Void) throws(Problem) {
        configureBLAS()
        self.options = options
        threads = max(1, options.threads ?? ProcessInfo.processInfo.activeProcessorCount)
        self.echo = echo
        logSink = InMemoryLogSink(threshold: 500) { [mailbox] in mailbox.put(.logsWait) }
        name = options.name ?? "\(ProcessInfo.processInfo.hostName)-\(ProcessInfo.processInfo.processIdentifier)"
        logger = Logger(source: name, level: .debug, sink: logSink)
        memory = WorkerMemory(threads: threads)
        sums = StoragePool(kept: threads + 4)
        let mailbox = mailbox
        let keys = try options.keys.map { path throws(Problem) in try KeyDirectory(path).client([.worker]) }
        self.keys = keys
        dealer = try DealerEndpoint(connect: options.connect, keys: keys) { mailbox.put(.transport($0)) }
        machine = WorkerMachine(
            WorkerMachine.Settings(
                name: name, host: ProcessInfo.processInfo.hostName, pid: Int(ProcessInfo.processInfo.processIdentifier),
                threads: threads, fingerprint: kernelFingerprint, endpoint: options.connect,
                giveUpSeconds: options.giveUpAfterSeconds, memory: memory.offer),
            incarnation: UUID().uuidString, at: Self.now)
    }

    /// Works until the run is over, the user interrupts, or no coordinator is to be found.
    /// - Throws: `Problem` when the worker had to give up.
    func work() throws(Problem) {
        defer {
            lanes?.close()
            feeder?.close()
            dealer.close(flushingFor: .seconds(1))
        }
        while true {
            machine.wallClock = Date().timeIntervalSince1970 - Self.now
            if Interrupt.requested { act(machine.handle(.leave("interrupted"), at: Self.now)) }
            act(machine.handle(.tick, at: Self.now))
            shipLogs()
            if let departure {
                switch departure {
                case .done: return
                case .failed(let problem): throw problem
                }
            }
            let wait = min(max(0, machine.nextDeadline - Self.now), 0.2)
            var event = mailbox.next(until: .now + .seconds(wait))
            while let current = event {
                handle(current)
                event = departure == nil ? mailbox.next() : nil
            }
        }
    }

    private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

    private func handle(_ event: Event) {
        switch event {
        case .transport(.connected): act(machine.handle(.connected, at: Self.now))
        case .transport(.unreachable), .transport(.hungUp): break  // a router's events
        case .transport(.handshakeFailed(let reason)):
            act(machine.handle(.handshakeFailed(HandshakeRefusal.hint(reason, keys)), at: Self.now))
        case .transport(.turnedAway(let refusal)):
            let problem = refusal.problem(keys, at: options.connect)
            act(machine.handle(.turnedAway(problem.what, remedy: problem.remedy ?? ""), at: Self.now))
        case .transport(.barred), .transport(.access): break  // a router's events
        case .transport(.discarded(_, let reason)): act(machine.handle(.garbled(reason.description), at: Self.now))
        case .transport(.disconnected): act(machine.handle(.disconnected, at: Self.now))
        case .transport(.message(_, let frames)):
            do throws(ProtocolError) {
                let envelope = try codec.decode(frames)
                guard machine.hears(run: envelope.run) else { return }
                act(machine.handle(.received(envelope.message), at: Self.now))
            } catch {
                act(machine.handle(notUnderstood(error), at: Self.now))
            }
        case .unitOver(let id, let outcome, let generation):
            guard generation == self.generation else { return }
            guard let (unit, _) = inHand.removeValue(forKey: id) else { return }
            let feed: UnitFeed? = unit.feed
            switch outcome {
            case .sum(let computed, let seconds):
                let sum = flipsBits ? computed.withFlippedBit : computed
                let damaged = feed.flatMap { feeder?.damaged($0.shards) } ?? []
                act(machine.handle(.finished(UnitResult(
                    unit: id, seconds: seconds, figures: sum.figures, tensors: sum.wireTensors,
                    damaged: damaged.isEmpty ? nil : Array(damaged.prefix(DamagedSample.largestCount)),
                    waitedSeconds: feed.flatMap { feeder?.waitedSeconds($0.shards) })), at: Self.now))
            // Weights that changed under it say nothing of the unit.
            case .failed(let problem, _): fail(id, problem, feed, lacking: !unit.hasIntactWeights)
            }
        case .filtersOver(let id, let result, let seconds, let generation):
            guard generation == self.generation else { return }
            switch result {
            case .success(let measured):
                act(machine.handle(.finished(UnitResult(
                    unit: id, seconds: seconds, figures: ["filters": Double(measured.filters.count)], tensors: FilterRows.encode(measured))),
                    at: Self.now))
            case .failure(let problem): fail(id, problem)
            }
        case .dataOpened(let data, let summary): dataOpened(data, summary)
        case .logsWait: break
        }
    }

    private func notUnderstood(_ error: ProtocolError) -> WorkerMachine.Event {
        switch error {
        case .unsupportedVersion: .otherVersion(error.problem(from: options.connect))
        case .unknownUnitKind(_, let unit): .unknownWork(unit: unit, error.description)
        default: .garbled(error.description)
        }
    }

    /// - Parameter lacking: whether weights or samples were wanting, which is not the unit's fault.
    private func fail(_ unit: UInt64, _ problem: Problem, _ feed: UnitFeed? = nil, lacking: Bool = false) {
        let fault = feed.flatMap { feeder?.fault($0.shards) }
        if let feed { feeder?.drop(feed.shards) }
        var fields = ["cause": problem.description]
        fields["sample"] = fault?.sample.map(String.init)
        logger.log(lacking ? .warning : .error, "unit failed", unit: unit, fields)
        if fault?.isOwn == true, let split = feed?.work.split { giveUpOwnData(split, problem) }
        // What the coordinator sent is as damaged wherever it is decoded.
        let isFinal = fault.map { $0.sample != nil && !$0.isOwn } ?? false
        act(machine.handle(.failed(UnitFailure(
            unit: unit, what: problem.description, retryable: !isFinal, sample: fault?.sample, lacking: lacking ? true : nil)),
            at: Self.now))
    }

    private func act(_ actions: [WorkerMachine.Action]) {
        for action in actions {
            switch action {
            case .send(.result(let result)): send(.result(memory.lend(result)))
            case .send(.goodbye(let goodbye)):
                shipLogs(isLeaving: true)
                send(.goodbye(goodbye))
            case .send(let message): send(message)
            case .configure(let welcome):
                backlog.beginAgain()
                configure(welcome)
            case .logsTaken(let number): backlog.taken(upTo: number)
            case .store(let update): store(update)
            case .prepare(let shipment): prepare(shipment)
            case .drop(let unit):
                if let feed = announced.removeValue(forKey: unit) { feeder?.drop(feed.shards) }
                if let (unit, progress) = inHand.removeValue(forKey: unit) {
                    progress.cancel()
                    feeder?.drop(unit.feed.shards)
                }
            case .begin(let assignment): begin(assignment)
            case .release(let sequence): memory.release(sequence)
            case .stopLending: memory.stopLending()
            case .discardWork:
                generation += 1
                memory.giveUpLent()
                discardWork()
            case .log(let level, let message, let fields): logger.log(level, message, fields)
            case .leave(let departure): self.departure = departure
            }
        }
    }

    private func send(_ message: Message) {
        do throws(ProtocolError) {
            // Until a welcome names it, the run is unknown: another one may have taken the coordinator's address.
            _ = dealer.send(try codec.encode(Envelope(run: machine.isJoined ? run : "", sender: name, message: message)))
        } catch {
            logger.error("message cannot be encoded", ["cause": error.description])
        }
    }

    /// Sends the records written since the last time, and shows them here.
    /// - Parameter isLeaving: whether these are its last words.
    private func shipLogs(isLeaving: Bool = false) {
        machine.busyLanes = lanes?.busyLanes ?? 0
        machine.residentBytes = ProcessMemory.residentBytes
        let records = logSink.drain()
        for record in records { echo(record) }
        if !records.isEmpty { backlog.add(records) }
        guard machine.isJoined || isLeaving else { return }
        while let batch = backlog.nextBatch() { send(.log(batch)) }
    }
}

// MARK: - Work

extension WorkerProcess {
    private func configure(_ welcome: Welcome) {
        generation += 1
        discardWork()
        parameters = [:]
        memory.begin(welcome)
        run = welcome.run
        do throws(Problem) {
            let task = try TaskDescription.decoded(from: welcome.task)
            openData(welcome.data)
            guard task != self.task || lanes == nil || sums.isShared != memory.lends else { return }
            layouts = try task.parameterLayouts()
            self.task = task
            lanes?.close()
            feeder?.close()
            feeder = Feeder(task.preprocessing, lanes: threads)
            sums = StoragePool(kept: threads + 4, isShared: memory.lends)
            lanes = LanePool(lanes: threads) { Lane() }
            TestLogLines.start(logger)
        } catch {
            departure = .failed(error)
        }
    }

    private func discardWork() {
        lanes?.discardWaiting()
        for feed in announced.values { feeder?.drop(feed.shards) }
        for (unit, _) in inHand.values { feeder?.drop(unit.feed.shards) }
        (announced, inHand) = ([:], [:])
    }

    private func store(_ update: ParameterUpdate) {
        do throws(Problem) {
            guard let layout = layouts[update.set] else { throw Problem("unknown parameter set \(update.set)") }
            // Versions grow: an older one was overtaken on the way.
            if let held = parameters[update.set], held.version > update.version { return }
            let held: HeldParameters
            if let flat = update.tensors.first(where: { $0.name == ParameterVector.wireName }), let place = flat.memory {
                held = try memory.parameters(flat, at: place, layout: layout)
            } else {
                // Units under way keep the version that they were begun with. Nothing else needs it, so its memory is free for this one.
                parameters[update.set] = nil
                held = HeldParameters(vector: try ParameterVector(update, layout: layout, from: received), source: nil)
            }
            parameters[update.set] = (update.version, held)
        } catch {
            logger.warning("parameters cannot be used", ["set": update.set, "cause": error.description])
        }
    }

    private func begin(_ assignment: WorkUnit) {
        do throws(Problem) {
            guard let lanes, let task else { throw Problem("unit before its task") }
            var sets: [String: HeldParameters] = [:]
            for needed in assignment.needs {
                guard let held = parameters[needed.set], held.version == needed.version else {
                    let problem = Problem("parameters \(needed.set) version \(needed.version) are not here")
                    return fail(assignment.id, problem, lacking: true)
                }
                sets[needed.set] = held.held
            }
            if case .filters(let unit) = assignment.work {
                beginFilters(assignment, unit, lanes)
            } else {
                try beginShards(assignment, sets, task, lanes)
            }
        } catch {
            fail(assignment.id, error)
        }
    }

    private func beginFilters(_ assignment: WorkUnit, _ unit: FilterUnit, _ lanes: LanePool<Lane>) {
        lanes.add { [mailbox, generation] _ in
            let start = ContinuousClock.now
            let result = Result { () throws(Problem) in try FilterRows.compute(unit, tensors: assignment.tensors) }
            mailbox.put(.filtersOver(
                assignment.id, result, seconds: start.duration(to: .now) / .seconds(1), generation: generation))
        }
    }

    /// A unit will follow: its samples are decoded until then. What is wrong with them shows when it does.
    private func prepare(_ shipment: SampleShipment) {
        guard let task, let feeder else { return }
        do throws(Problem) {
            let feed = try UnitFeed(
                shipment.unit, shipment.work, tensors: shipment.tensors, task: task, own: ownData?.data.splits ?? [:])
            if let earlier = announced.updateValue(feed, forKey: shipment.unit) { feeder.drop(earlier.shards) }
            feeder.add(feed.order(lanes: threads))
        } catch {
            logger.error("samples cannot be used", unit: shipment.unit, ["cause": error.description])
        }
    }

    private func beginShards(
        _ assignment: WorkUnit, _ sets: [String: HeldParameters], _ task: TaskDescription, _ lanes: LanePool<Lane>
    ) throws(Problem) {
        guard let feeder else { throw Problem("unit before its task") }
        let feed: UnitFeed
        let early = announced.removeValue(forKey: assignment.id)
        if let early, early.work == assignment.work, assignment.tensors.isEmpty {
            feed = early
        } else {
            if let early { feeder.drop(early.shards) }
            let own = ownData?.data.splits ?? [:]
            if assignment.tensors.isEmpty, let split = assignment.work.split, own[split] == nil {
                // They were lost on the way.
                return fail(assignment.id, Problem("unit \(assignment.id): samples are missing"), lacking: true)
            }
            feed = try UnitFeed(assignment.id, assignment.work, tensors: assignment.tensors, task: task, own: own)
        }
        let unit = ShardedUnit(feed, from: feeder, sets: sets, pool: sums)
        feeder.makeDue(unit.feed.order(lanes: threads))
        let nodes = unit.feed.nodes(lanes: threads)
        let progress = UnitInProgress(id: assignment.id, reducer: unit.reducer, nodes: nodes.count) { [mailbox, generation] outcome in
            mailbox.put(.unitOver(assignment.id, outcome, generation: generation))
        }
        inHand[assignment.id] = (unit, progress)
        for node in nodes {
            lanes.add { [sums] lane in
                progress.run(node) { () throws(Problem) in
                    let computer = if let made = lane.computer { made } else { try ShardComputer(task, pool: sums) }
                    lane.computer = computer
                    return try unit.compute(node, computer)
                }
            }
        }
    }
}

// MARK: - Data of its own

extension WorkerProcess {
    /// Opens the copy that `--data` names, on a thread of its own: a large one takes a while, and meanwhile samples are sent.
    private func openData(_ summary: DataSummary?) {
        guard let data = options.data, !isOpeningData else { return }
        // A coordinator that came back has the data set that it had.
        if let ownData, ownData.summary == summary { return declareData() }
        isOpeningData = true
        ownData = nil
        let thread = Thread { [mailbox] in mailbox.put(.dataOpened(OwnData(data, as: summary), of: summary)) }
        thread.name = "data"
        thread.stackSize = 4 << 20
        thread.start()
    }

    private func dataOpened(_ data: OwnData, _ summary: DataSummary?) {
        isOpeningData = false
        ownData = (data, summary)
        for complaint in data.complaints {
            logger.warning("this worker's own data is not used; samples are sent to it", complaint)
        }
        declareData()
    }

    private func declareData() {
        guard let data = ownData?.data, !data.splits.isEmpty else { return }
        act(machine.handle(.hasData(data.declaration), at: Self.now))
    }

    /// The copy turned out not to be what it seemed.
    private func giveUpOwnData(_ split: String, _ problem: Problem) {
        guard ownData?.data.splits.removeValue(forKey: split) != nil, let rest = ownData?.data.declaration else { return }
        logger.warning("this worker's own data is not used any more; samples are sent to it", [
            "split": split, "cause": problem.description,
        ])
        act(machine.handle(.hasData(rest), at: Self.now))
    }
}
