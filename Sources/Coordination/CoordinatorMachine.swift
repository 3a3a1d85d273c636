import Diagnostics
import Messages

/// The coordinator's decisions: who is a worker, which unit goes to whom, what to do when one goes silent. A value type:
/// events and times go in, actions come out; sockets, clocks and disks belong to whoever performs the actions.
///
/// A worker is absent → (hello) present → (goodbye, silence, unreachable, new hello) absent. A unit is waiting → dealt →
/// closed, or back to waiting when its holder goes. `docs/failure.md` says it in words.
public struct CoordinatorMachine: Sendable {
    public struct Settings: Sendable {
        /// The run's identity; messages of another run are refused.
        public var run: String
        /// What a worker needs to know to compute units, opaque here.
        public var task: String
        /// The run's kernels: results of others would differ in their last bits.
        public var fingerprint: String
        /// Whether workers with other kernels are admitted all the same.
        public var admitsOtherKernels: Bool
        public var heartbeatSeconds: Double
        /// Silence after which a worker counts as gone.
        public var timeoutSeconds: Double
        /// How often a unit may be dealt before the run stops.
        public var unitAttempts: Int
        /// The data set, for workers that have a copy of it.
        public var data: DataSummary?
        /// Bytes of samples that a worker may be sent before their units are due; 0: none.
        public var bytesAhead: Int

        public init(
            run: String, task: String, fingerprint: String, heartbeatSeconds: Double, timeoutSeconds: Double, unitAttempts: Int,
            data: DataSummary? = nil, bytesAhead: Int = 256 << 20, admitsOtherKernels: Bool = false
        ) {
            self.run = run
            self.task = task
            self.fingerprint = fingerprint
            self.heartbeatSeconds = heartbeatSeconds
            self.timeoutSeconds = timeoutSeconds
            self.unitAttempts = unitAttempts
            self.data = data
            self.bytesAhead = bytesAhead
            self.admitsOtherKernels = admitsOtherKernels
        }
    }

    public enum Event: Sendable {
        case received(PeerID, Message)
        /// Something that is no message of ours, or one of another version or of an unknown kind.
        case garbled(PeerID, String, code: RefusalCode = .malformed)
        /// Well formed, but it names a run that is not this one: this coordinator took another's place.
        case ofAnotherRun(PeerID)
        case unreachable(PeerID)
        /// A worker process of this machine ended, as whoever started it saw: no need to wait for its silence.
        case processEnded(pid: Int, reason: String)
        case tick
    }

    public enum Action: Sendable {
        case send(PeerID, Message)
        /// Send a unit that is due, with its samples unless the worker has them.
        case deal(PeerID, WorkUnit, withSamples: Bool)
        /// Announce a unit that is not due, with its samples unless the worker reads its own copy.
        case sendSamples(PeerID, WorkUnit, withSamples: Bool)
        /// Send this version of a parameter set; whoever performs it has the tensors.
        case sendParameters(PeerID, ParameterReference)
        /// A unit's first result, and who made it.
        case completed(WorkUnit, UnitResult, worker: RosterWorker, attempts: Int)
        case joined(RosterWorker)
        case left(RosterWorker, reason: String)
        /// A unit was dealt as often as allowed and came to nothing: the run cannot go on.
        case gaveUp(WorkUnit, causes: [String])
        case records([LogRecord], from: String)
        case statusRequested(PeerID)
        case logsRequested(PeerID, LogsRequest)
        case log(LogLevel, String, unit: UInt64?, fields: [String: String])
    }

    public let settings: Settings
    private var roster = WorkerRoster()
    private var board = UnitBoard()
    private var ended: RunEnd?
    /// The number of the last log record that was taken of each incarnation.
    private var takenLogs: [String: Int] = [:]
    /// Messages of peers that are no workers and made no sense, and at how many of them the log says so next.
    private var strangersMessages = 0
    private var nextLoggedStranger = 1

    public init(_ settings: Settings) { self.settings = settings }

    public var workers: [RosterWorker] { roster.workers }
    public var openUnitCount: Int { board.openCount }

    /// When `tick` must come at the latest, in seconds on the caller's clock; nil while nobody can time out.
    public var nextDeadline: Double? { roster.workers.map { $0.lastHeard + settings.timeoutSeconds }.min() }

    /// Opens units and deals as many as there is room for. Ids grow and are never used again in a run. Units that were announced
    /// by `prepare` become due as they are given here, and whoever has their samples gets them.
    public mutating func submit(_ assignments: [WorkUnit]) -> [Action] {
        var actions: [Action] = []
        for assignment in assignments {
            guard board.open[assignment.id] != nil else {
                board.add(assignment)
                continue
            }
            guard let unit = board.makeDue(assignment), let peer = unit.holder, let worker = roster[peer] else { continue }
            roster.update(peer) { worker in
                worker.unitsAhead.removeAll { $0 == assignment.id }
                // All of a step's become due at once.
                if worker.unitsAhead.isEmpty { worker.bytesAhead = 0 }
                worker.unitsInHand.append(assignment.id)
            }
            actions += neededParameters(unit.assignment, for: worker) + [.deal(peer, unit.assignment, withSamples: false)]
        }
        return actions + deal()
    }

    /// Opens units that are not due yet, so that their samples go out while others are computed: as many as the limit in bytes
    /// has room for. The rest wait until they are due. What parameters they need may be left open.
    public mutating func prepare(_ assignments: [(unit: WorkUnit, sampleBytes: Int)]) -> [Action] {
        for (unit, bytes) in assignments { board.add(unit, sampleBytes: bytes, isAhead: true) }
        return deal()
    }

    /// Forgets all open units; results that still come for them are ignored.
    public mutating func abandonUnits() {
        board.removeAll()
        for worker in roster.workers {
            roster.update(worker.peer) { worker in
                worker.unitsInHand = []
                worker.unitsAhead = []
                worker.bytesAhead = 0
            }
        }
    }

    /// Tells everyone that the run is over, and whoever comes later too.
    public mutating func finish(_ message: RunEnd) -> [Action] {
        ended = message
        board.removeAll()
        return roster.workers.map { .send($0.peer, .ended(message)) }
    }

    public mutating func handle(_ event: Event, at now: Double) -> [Action] {
        switch event {
        case .received(let peer, let message): return receive(message, from: peer, at: now)
        case .garbled(let peer, let what, let code): return garbled(peer, what, code)
        case .ofAnotherRun(let peer): return sendBack(peer)
        case .unreachable(let peer): return remove(peer, reason: "unreachable")
        case .processEnded(let pid, let reason):
            return roster.workers.first { $0.pid == pid }.map { remove($0.peer, reason: reason) } ?? []
        case .tick: return expire(at: now)
        }
    }
}

// MARK: - Membership

extension CoordinatorMachine {
    private mutating func receive(_ message: Message, from peer: PeerID, at now: Double) -> [Action] {
        switch message {
        case .hello(let hello): return welcome(hello, peer, at: now)
        case .statusRequest: return [.statusRequested(peer)]
        case .logsRequest(let request): return [.logsRequested(peer, request)]
        default: break
        }
        guard let worker = roster[peer] else {
            // It was given up (frozen and thawed, say) or never said hello.
            return [.send(peer, .refused(Refusal(
                code: .unknownPeer, reason: "this coordinator does not know you", remedy: "say hello again")))]
        }
        roster.update(peer) { $0.lastHeard = now }
        switch message {
        case .heartbeat(let heartbeat):
            roster.update(peer) { $0.residentBytes = heartbeat.residentBytes }
            return [.send(peer, .acknowledgement(Acknowledgement(of: .heartbeat, sequence: heartbeat.sequence)))]
        case .result(let result): return complete(result, worker)
        case .failure(let failure): return fail(failure, worker)
        case .data(let declaration): return accept(declaration, worker)
        case .log(let batch): return take(batch, worker)
        case .goodbye(let goodbye): return remove(peer, reason: goodbye.reason)
        default:
            return [.log(.warning, "a worker sent what only a coordinator sends", unit: nil, fields: ["worker.name": worker.name])]
        }
    }

    private mutating func welcome(_ hello: Hello, _ peer: PeerID, at now: Double) -> [Action] {
        if let ended { return [.send(peer, .ended(ended))] }
        guard hello.fingerprint == settings.fingerprint || settings.admitsOtherKernels else {
            return [
                .send(peer, .refused(Refusal(
                    code: .fingerprint,
                    reason: "your kernels are \(hello.fingerprint), this run's are \(settings.fingerprint), and results would differ in their last bits",
                    remedy: "build both with the same FILTERSCOPE_MARCH and run them on the same kind of processor; or start the coordinator with --mixed, which marks the run as not bit-reproducible"))),
                .log(.warning, "worker refused: other kernels", unit: nil, fields: [
                    "worker.name": hello.name, "worker.host": hello.host, "fingerprint": hello.fingerprint,
                ]),
            ]
        }
        // The same peer says hello again when its first welcome was lost: what it held is dealt again.
        if let known = roster[peer], known.incarnation == hello.incarnation, known.unitsInHand.isEmpty, known.unitsAhead.isEmpty {
            roster.update(peer) { $0.lastHeard = now }
            return [.send(peer, .welcome(welcomeMessage(for: known)))] + deal()
        }
        var actions = remove(peer, reason: "said hello again", dealing: false)
        // The same process over a new connection: what the old one carried is lost.
        for old in roster.workers where old.incarnation == hello.incarnation {
            actions += remove(old.peer, reason: "came back over a new connection", dealing: false)
        }
        let worker = RosterWorker(
            peer: peer, name: roster.uniqueName(hello.name), incarnation: hello.incarnation, host: hello.host, pid: hello.pid,
            threads: max(1, hello.threads), fingerprint: hello.fingerprint,
            takesSamplesAhead: hello.samplesAhead ?? false, joinedAt: now, lastHeard: now)
        roster.add(worker)
        actions += [.joined(worker), .send(peer, .welcome(welcomeMessage(for: worker)))]
        return actions + deal()
    }

    private func welcomeMessage(for worker: RosterWorker) -> Welcome {
        Welcome(
            run: settings.run, name: worker.name, heartbeatSeconds: settings.heartbeatSeconds,
            timeoutSeconds: settings.timeoutSeconds, task: settings.task, data: settings.data)
    }

    /// A worker says which splits it has a copy of. What differs from the coordinator's is not taken.
    private mutating func accept(_ declaration: DataDeclaration, _ worker: RosterWorker) -> [Action] {
        var own: Set<String> = []
        var actions: [Action] = []
        for split in declaration.splits {
            if let known = settings.data?.splits.first(where: { $0.split == split.split }), known == split {
                own.insert(split.split)
            } else {
                actions.append(.log(.warning, "a worker's own data is another and is not used", unit: nil, fields: [
                    "worker.name": worker.name, "split": split.split,
                ]))
            }
        }
        roster.update(worker.peer) { $0.ownSplits = own }
        return actions + [.log(.info, own.isEmpty ? "worker is fed" : "worker reads its own data", unit: nil, fields: [
            "worker.name": worker.name, "splits": own.sorted().joined(separator: " "),
        ])]
    }

    /// A worker that comes back sends again what it was not told of.
    private mutating func take(_ batch: LogBatch, _ worker: RosterWorker) -> [Action] {
        guard !batch.records.isEmpty else { return [] }
        let known = takenLogs[worker.incarnation] ?? 0
        let last = batch.firstSequence + batch.records.count - 1
        takenLogs[worker.incarnation] = max(known, last)
        let new = Array(batch.records.dropFirst(max(0, known + 1 - batch.firstSequence)))
        let acknowledgement = Action.send(worker.peer, .acknowledgement(Acknowledgement(of: .log, sequence: last)))
        return new.isEmpty ? [acknowledgement] : [.records(new, from: worker.name), acknowledgement]
    }

    /// Whatever talks to a port by mistake may send thousands of messages: strangers' first, tenth, hundredth … is logged.
    private mutating func garbled(_ peer: PeerID, _ what: String, _ code: RefusalCode) -> [Action] {
        let remedy = switch code {
        case .version: "install the same version of filterscope on both sides"
        case .unknownKind: "go on without such messages, or install the same version of filterscope on both sides"
        default: "speak protocol \(protocolVersion)"
        }
        let refusal = Action.send(peer, .refused(Refusal(code: code, reason: what, remedy: remedy)))
        guard let worker = roster[peer] else {
            // Strangers learn nothing of the run, and the log says only that they knocked.
            strangersMessages += 1
            guard strangersMessages == nextLoggedStranger else { return [refusal] }
            nextLoggedStranger *= 10
            return [refusal, .log(.warning, "message refused", unit: nil, fields: [
                "reason": what, "strangers-messages": String(strangersMessages),
            ])]
        }
        return [refusal, .log(.warning, "message refused", unit: nil, fields: ["reason": what, "worker.name": worker.name])]
    }

    /// A worker whose coordinator was killed and came back may have had something under way. One that has said hello since
    /// is at home here, and what comes late is let go; any other is told to say hello.
    private func sendBack(_ peer: PeerID) -> [Action] {
        guard roster[peer] == nil else { return [] }
        return [.send(peer, .refused(Refusal(
            code: .wrongRun, reason: "this coordinator carries out another run", remedy: "say hello again")))]
    }

    private mutating func expire(at now: Double) -> [Action] {
        let silent = roster.workers.filter { now - $0.lastHeard >= settings.timeoutSeconds }
        var actions: [Action] = []
        for worker in silent {
            let seconds = Int((now - worker.lastHeard).rounded())
            actions += remove(worker.peer, reason: "silent for \(seconds) s", dealing: false)
        }
        return actions + deal()
    }

    /// Takes a worker off the roster and puts its units back in line.
    private mutating func remove(_ peer: PeerID, reason: String, dealing: Bool = true) -> [Action] {
        guard let worker = roster.remove(peer) else { return [] }
        var actions: [Action] = [.left(worker, reason: reason)]
        for id in worker.unitsInHand + worker.unitsAhead {
            actions += putBack(id, from: peer, cause: "\(worker.name): \(reason)")
        }
        return dealing ? actions + deal() : actions
    }
}

// MARK: - Work

extension CoordinatorMachine {
    private mutating func deal() -> [Action] {
        var actions: [Action] = []
        while board.waitingCount > 0, let peer = roster.leastLoaded, let worker = roster[peer], let unit = board.takeNext(for: peer) {
            actions += neededParameters(unit.assignment, for: worker)
            roster.update(peer) { $0.unitsInHand.append(unit.assignment.id) }
            actions.append(.deal(peer, unit.assignment, withSamples: worker.needsSamples(of: unit.assignment)))
        }
        return actions + dealAhead()
    }

    /// Sends samples of units that are not due, after all that is due.
    private mutating func dealAhead() -> [Action] {
        var actions: [Action] = []
        while settings.bytesAhead > 0, board.waitingCount == 0, let next = board.nextAhead,
            let peer = roster.leastAhead(next.assignment, sampleBytes: next.sampleBytes, limit: settings.bytesAhead),
            let worker = roster[peer], let unit = board.takeNext(for: peer, ahead: true)
        {
            let needsSamples = worker.needsSamples(of: unit.assignment)
            roster.update(peer) { worker in
                worker.unitsAhead.append(unit.assignment.id)
                if needsSamples { worker.bytesAhead += unit.sampleBytes }
            }
            actions.append(.sendSamples(peer, unit.assignment, withSamples: needsSamples))
        }
        return actions
    }

    /// What a worker has to be sent before a unit.
    private mutating func neededParameters(_ unit: WorkUnit, for worker: RosterWorker) -> [Action] {
        var actions: [Action] = []
        for needed in unit.needs where worker.parameterVersions[needed.set] != needed.version {
            actions.append(.sendParameters(worker.peer, needed))
            roster.update(worker.peer) { $0.parameterVersions[needed.set] = needed.version }
        }
        return actions
    }

    private mutating func complete(_ result: UnitResult, _ worker: RosterWorker) -> [Action] {
        guard worker.unitsInHand.contains(result.unit) else {
            // A worker answers only what it was dealt; a unit dealt again after this one was given up is answered by both.
            return [.log(.debug, "result ignored: not in this worker's hand", unit: result.unit, fields: ["worker.name": worker.name])]
        }
        roster.update(worker.peer) { worker in
            worker.unitsInHand.removeAll { $0 == result.unit }
            worker.unitsDone += 1
            worker.samplesDone += Int(result.figures["samples"] ?? 0)
            worker.busySeconds += result.seconds
            if let waited = result.waitedSeconds {
                worker.fedSeconds += result.seconds
                worker.waitedSeconds += waited
            }
        }
        guard let unit = board.close(result.unit) else { return deal() }
        return [.completed(unit.assignment, result, worker: worker, attempts: unit.attempts)] + deal()
    }

    private mutating func fail(_ failure: UnitFailure, _ worker: RosterWorker) -> [Action] {
        guard worker.unitsInHand.contains(failure.unit) || worker.unitsAhead.contains(failure.unit) else { return [] }
        roster.update(worker.peer) { worker in
            worker.unitsInHand.removeAll { $0 == failure.unit }
            worker.unitsAhead.removeAll { $0 == failure.unit }
            if worker.unitsAhead.isEmpty { worker.bytesAhead = 0 }
            // It may have failed for want of parameters: send them again.
            worker.parameterVersions = [:]
        }
        let log = Action.log(.warning, "unit failed", unit: failure.unit, fields: ["worker.name": worker.name, "cause": failure.what])
        return [log] + putBack(failure.unit, from: worker.peer, cause: "\(worker.name): \(failure.what)", final: !failure.retryable)
            + deal()
    }

    private mutating func putBack(_ id: UInt64, from peer: PeerID, cause: String, final: Bool = false) -> [Action] {
        guard let unit = board.putBack(id, from: peer, cause: cause) else { return [] }
        if final || unit.attempts >= settings.unitAttempts {
            _ = board.close(id)
            return [.gaveUp(unit.assignment, causes: unit.causes)]
        }
        return [.log(.warning, "unit is dealt again", unit: id, fields: ["cause": cause, "attempts": String(unit.attempts)])]
    }
}
