import Diagnostics
import Messages
import Tensors

/// The coordinator's decisions: who is a worker, which unit goes to whom, what to do when one goes silent. A value type:
/// events and times go in, actions come out; sockets, clocks and disks belong to whoever performs the actions.
///
/// A worker is absent → (hello) present → (goodbye, silence, unreachable, new hello) absent. A unit is waiting → dealt →
/// closed, or back to waiting when its holder goes. `docs/failures.md` says it in words.
public struct CoordinatorMachine: Sendable {
    public struct Settings: Sendable {
        /// The run's identity; messages of another run are refused.
        public var run: String
        /// What a worker needs to know to compute units, opaque here.
        public var task: String
        /// Kernels that the run admits: results of others would differ in their last bits.
        public var fingerprint: String
        public var heartbeatSeconds: Double
        /// Silence after which a worker counts as gone.
        public var timeoutSeconds: Double
        /// How many attempts that are a unit's own fault it may take before the run pauses; see `UnitBlame`.
        public var unitAttempts: Int
        /// The data set, for workers that have a copy of it.
        public var data: DataSummary?
        /// Bytes of samples that a worker may be sent before their units are due; 0: none.
        public var bytesAhead: Int
        public var late: LateUnitSettings
        public var audit: AuditSettings

        public init(
            run: String, task: String, fingerprint: String, heartbeatSeconds: Double, timeoutSeconds: Double, unitAttempts: Int,
            data: DataSummary? = nil, bytesAhead: Int = 256 << 20, late: LateUnitSettings = LateUnitSettings(),
            audit: AuditSettings = AuditSettings()
        ) {
            self.run = run
            self.task = task
            self.fingerprint = fingerprint
            self.heartbeatSeconds = heartbeatSeconds
            self.timeoutSeconds = timeoutSeconds
            self.unitAttempts = unitAttempts
            self.data = data
            self.bytesAhead = bytesAhead
            self.late = late
            self.audit = audit
        }
    }

    public enum Event: Sendable {
        case received(PeerID, Message)
        /// A result of a unit that is audited, with the digest of what it holds; see `isAudited`.
        case audited(PeerID, UnitResult, Digest)
        /// Something that is no message of ours.
        case garbled(PeerID, String)
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
        /// A unit came to nothing as often as allowed, for these reasons: it is set aside, and the run cannot go on without it.
        case gaveUp(WorkUnit, causes: [String])
        case records([LogRecord], from: String)
        case statusRequested(PeerID)
        case logsRequested(PeerID, LogsRequest)
        case log(LogLevel, String, unit: UInt64?, fields: [String: String])
    }

    public let settings: Settings
    var roster = WorkerRoster()
    var board = UnitBoard()
    var late: LateUnits
    var blame = UnitBlame()
    var audit: AuditDesk
    /// The newest time that was heard of.
    var clock = 0.0
    /// Workers that computed wrongly and are let in no more, and why.
    private var setAside: [WorkerIdentity: String] = [:]
    private var ended: RunEnd?
    /// Messages of peers that are no workers and made no sense, and at how many of them the log says so next.
    private var strangersMessages = 0
    private var nextLoggedStranger = 1

    public init(_ settings: Settings) {
        self.settings = settings
        late = LateUnits(settings.late)
        audit = AuditDesk(settings.audit)
    }

    public var workers: [RosterWorker] { roster.workers }
    public var openUnitCount: Int { board.openCount }

    /// How much each table holds, to see that none grows for ever.
    public var tableSizes: [String: Int] {
        [
            "workers": roster.workers.count, "units": board.openCount, "late": late.kindCount, "blame": blame.count,
            "audit": audit.openCount, "set aside": setAside.count,
        ]
    }

    /// Whether a unit's result comes as `audited`.
    public func isAudited(_ unit: UInt64) -> Bool { board.open[unit] != nil && audit.includes(unit) }
    public var auditTally: AuditTally { audit.tally }

    /// What is wrong at present with how workers compute, in sentences for people.
    public var standingFaults: [String] {
        setAside.values.sorted() + audit.disputedSince.keys.sorted().map { unit in
            "unit \(unit): \(audit.answers(to: unit).map(\.worker.name).joined(separator: " and ")) disagree; a third worker has to decide"
        }
    }

    /// When `tick` must come at the latest, in seconds on the caller's clock; nil while nothing can happen by itself.
    public var nextDeadline: Double? {
        let silent = roster.workers.map { $0.lastHeard + settings.timeoutSeconds }.min()
        return [silent, nextLateness].compactMap(\.self).min()
    }

    /// Opens units and deals as many as there is room for. Ids grow and are never used again in a run. Units that were announced
    /// by `prepare` become due as they are given here, and whoever has their samples gets them.
    /// - Parameter now: the time, where it is known.
    public mutating func submit(_ assignments: [WorkUnit], at now: Double? = nil) -> [Action] {
        clock = max(clock, now ?? clock)
        var actions: [Action] = []
        for assignment in assignments {
            guard board.open[assignment.id] != nil else {
                board.add(assignment)
                continue
            }
            guard let unit = board.makeDue(assignment, at: clock), let peer = unit.copies.first?.peer, let worker = roster[peer] else {
                continue
            }
            if audit.includes(assignment.id) { board.wait(assignment.id) }
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

    /// Takes back units that were prepared and are not due: they will be cut anew.
    public mutating func withdraw(_ units: [UInt64]) -> [Action] {
        var actions: [Action] = []
        for id in units {
            guard board.open[id]?.isAhead == true, let unit = board.close(id) else { continue }
            blame.close(id)
            for copy in unit.copies {
                roster.update(copy.peer) { worker in
                    worker.unitsAhead.removeAll { $0 == id }
                    if worker.unitsAhead.isEmpty { worker.bytesAhead = 0 }
                }
                actions.append(.send(copy.peer, .cancel(UnitCancellation(unit: id))))
            }
        }
        return actions + deal()
    }

    /// Forgets all open units; results that still come for them are ignored.
    public mutating func abandonUnits() {
        board.removeAll()
        blame.removeAll()
        audit.removeAll()
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
        blame.removeAll()
        audit.removeAll()
        return roster.workers.map { .send($0.peer, .ended(message)) }
    }

    public mutating func handle(_ event: Event, at now: Double) -> [Action] {
        clock = max(clock, now)
        switch event {
        case .received(let peer, let message): return receive(message, from: peer, at: now)
        case .audited(let peer, let result, let digest): return receive(.result(result), from: peer, at: now, digest: digest)
        case .garbled(let peer, let what): return garbled(peer, what)
        case .ofAnotherRun(let peer): return sendBack(peer)
        case .unreachable(let peer): return remove(peer, reason: "unreachable", vanished: true)
        case .processEnded(let pid, let reason):
            return roster.workers.first { $0.pid == pid }.map { remove($0.peer, reason: reason, vanished: true) } ?? []
        case .tick: return expire(at: now)
        }
    }
}

// MARK: - Membership

extension CoordinatorMachine {
    private mutating func receive(_ message: Message, from peer: PeerID, at now: Double, digest: Digest? = nil) -> [Action] {
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
                + remind(worker, oldest: heartbeat.unit)
        case .result(let result): return complete(result, worker, digest)
        case .failure(let failure): return fail(failure, worker)
        case .data(let declaration): return accept(declaration, worker)
        case .log(let batch): return [.records(batch.records, from: worker.name)]
        case .goodbye(let goodbye): return remove(peer, reason: goodbye.reason)
        default:
            return [.log(.warning, "a worker sent what only a coordinator sends", unit: nil, fields: ["worker.name": worker.name])]
        }
    }

    private mutating func welcome(_ hello: Hello, _ peer: PeerID, at now: Double) -> [Action] {
        if let ended { return [.send(peer, .ended(ended))] }
        guard hello.fingerprint == settings.fingerprint else {
            return [
                .send(peer, .refused(Refusal(
                    code: .fingerprint,
                    reason: "your kernels are \(hello.fingerprint), this run's are \(settings.fingerprint), and results would differ in their last bits",
                    remedy: "build both with the same FILTERSCOPE_MARCH and run them on the same kind of processor"))),
                .log(.warning, "worker refused: other kernels", unit: nil, fields: [
                    "worker.name": hello.name, "worker.host": hello.host, "fingerprint": hello.fingerprint,
                ]),
            ]
        }
        let identity = WorkerIdentity(host: hello.host, name: hello.name, pid: hello.pid)
        if let reason = setAside[identity] { return [.send(peer, .refused(Self.setAside(reason)))] }
        blame.returned(hello.incarnation)
        // The same peer says hello again when its first welcome was lost: what it held is dealt again.
        if let known = roster[peer], known.incarnation == hello.incarnation, known.unitsInHand.isEmpty, known.unitsAhead.isEmpty {
            roster.update(peer) { worker in
                worker.lastHeard = now
                // With every welcome a worker forgets what it held.
                worker.parameterVersions = [:]
            }
            return [.send(peer, .welcome(welcomeMessage(for: known)))] + deal()
        }
        var actions = remove(peer, reason: "said hello again", dealing: false)
        // The same process over a new connection: what the old one carried is lost.
        for old in roster.workers where old.incarnation == hello.incarnation {
            actions += remove(old.peer, reason: "came back over a new connection", dealing: false)
        }
        let worker = RosterWorker(
            peer: peer, name: roster.uniqueName(hello.name), identity: identity, incarnation: hello.incarnation, host: hello.host, pid: hello.pid,
            threads: max(1, hello.threads), fingerprint: hello.fingerprint,
            takesSamplesAhead: hello.samplesAhead ?? false, joinedAt: now, lastHeard: now)
        roster.add(worker)
        actions += [.joined(worker), .send(peer, .welcome(welcomeMessage(for: worker)))]
        return actions + lapsedAudits() + deal()
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

    /// Whatever talks to a port by mistake may send thousands of messages: strangers' first, tenth, hundredth … is logged.
    private mutating func garbled(_ peer: PeerID, _ what: String) -> [Action] {
        let refusal = Action.send(peer, .refused(Refusal(code: .malformed, reason: what, remedy: "speak protocol \(protocolVersion)")))
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
            actions += remove(worker.peer, reason: "silent for \(seconds) s", vanished: true, dealing: false)
        }
        return actions + giveUpDisputes() + deal()
    }

    /// Takes a worker off the roster and puts its units back in line.
    /// - Parameter vanished: whether it may have died of one of them.
    private mutating func remove(_ peer: PeerID, reason: String, vanished: Bool = false, dealing: Bool = true) -> [Action] {
        guard let worker = roster.remove(peer) else { return [] }
        var actions: [Action] = [.left(worker, reason: reason)]
        if vanished {
            for id in worker.unitsInHand {
                blame.vanished(id, incarnation: worker.incarnation, alone: worker.unitsInHand.count == 1)
            }
        }
        for id in worker.unitsInHand + worker.unitsAhead {
            actions += putBack(id, from: peer, cause: "\(worker.name): \(reason)")
        }
        actions += lapsedAudits()
        return dealing ? actions + deal() : actions
    }

    private static func setAside(_ reason: String) -> Refusal {
        Refusal(code: .setAside, reason: reason, remedy: "check that machine's memory and processor")
    }

    /// A worker whose results differ from what two others agree on computes no more.
    private mutating func setAside(_ odd: AuditDesk.Answer, unit: UInt64) -> [Action] {
        let worker = odd.worker
        let reason = "worker \(worker.name) on \(worker.host) computed unit \(unit) to other bits than two others and was set aside"
        setAside[worker.identity] = reason
        audit.dropAnswers(of: worker.incarnation)
        var actions: [Action] = [.log(.error, "worker set aside: it computes wrongly", unit: unit, fields: [
            "worker.name": worker.name, "worker.host": worker.host, "units-answered": String(worker.unitsDone),
        ])]
        for id in board.open.keys where audit.includes(id) && board.open[id]?.copies.count ?? 0 < wanted(id) { board.wait(id) }
        for present in roster.workers where present.identity == worker.identity {
            actions.append(.send(present.peer, .refused(Self.setAside(reason))))
            actions += remove(present.peer, reason: "set aside: it computes wrongly", dealing: false)
        }
        return actions
    }
}

// MARK: - Answers

extension CoordinatorMachine {
    private mutating func complete(_ result: UnitResult, _ worker: RosterWorker, _ digest: Digest?) -> [Action] {
        guard worker.unitsInHand.contains(result.unit) else {
            // A worker answers only what it was dealt; a unit dealt again after this one was given up is answered by both.
            return [.log(.debug, "result ignored: not in this worker's hand", unit: result.unit, fields: ["worker.name": worker.name])]
        }
        let unit = board.open[result.unit]
        let outFor = clock - (unit?.copies.first { $0.peer == worker.peer }?.dealtAt ?? clock)
        if let unit { late.note(unit.assignment.work, seconds: outFor) }
        roster.update(worker.peer) { worker in
            worker.unitsInHand.removeAll { $0 == result.unit }
            worker.unitsDone += 1
            worker.samplesDone += Int(result.figures["samples"] ?? 0)
            worker.busySeconds += result.seconds
            if let waited = result.waitedSeconds {
                worker.fedSeconds += result.seconds
                worker.waitedSeconds += waited
            }
            if let unit { worker.noteSpeed(unit.assignment.work.size, seconds: result.seconds, at: clock) }
        }
        guard unit != nil else { return deal() }
        if audit.includes(result.unit), let digest { return judge(AuditDesk.Answer(worker: worker, digest: digest, result: result)) + deal() }
        return close(result, by: worker) + deal()
    }

    /// A unit is answered for good: whoever else has it may drop it.
    private mutating func close(_ result: UnitResult, by worker: RosterWorker) -> [Action] {
        guard let unit = board.close(result.unit) else { return [] }
        blame.close(result.unit)
        audit.close(result.unit)
        var actions: [Action] = [.completed(unit.assignment, result, worker: worker, attempts: unit.attempts)]
        for copy in unit.copies where copy.peer != worker.peer {
            // It answers no more, and how slow it is would never be known.
            if roster[copy.peer]?.unitsInHand.first == result.unit {
                roster.update(copy.peer) { $0.noteSlowness(unit.assignment.work.size, seconds: clock - copy.dealtAt, at: clock) }
            }
            actions += cancel(result.unit, at: copy.peer)
        }
        return actions
    }

    private mutating func cancel(_ id: UInt64, at peer: PeerID) -> [Action] {
        guard let worker = roster[peer], worker.unitsInHand.contains(id) else { return [] }
        roster.update(peer) { $0.unitsInHand.removeAll { $0 == id } }
        return [.send(peer, .cancel(UnitCancellation(unit: id)))]
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
        let isForgiven = failure.lacking == true && failure.retryable && blame.lacked(failure.unit)
        if !isForgiven { blame.failed(failure.unit, incarnation: worker.incarnation, at: clock) }
        let log = Action.log(
            isForgiven ? .info : .warning, "unit failed", unit: failure.unit, fields: ["worker.name": worker.name, "cause": failure.what])
        return [log] + putBack(
            failure.unit, from: worker.peer, cause: isForgiven ? nil : "\(worker.name): \(failure.what)", final: !failure.retryable) + deal()
    }

    /// One who held a unit holds it no more. It goes to another, unless it came to nothing too often.
    /// - Parameter cause: why it came to nothing; nil where that is nobody's fault.
    private mutating func putBack(_ id: UInt64, from peer: PeerID, cause: String?, final: Bool = false) -> [Action] {
        guard let unit = board.release(id, from: peer, cause: cause) else { return [] }
        if final || (unit.copies.isEmpty && blame.attempts(id) >= settings.unitAttempts) { return giveUp(id, causes: unit.causes) }
        if unit.copies.count < wanted(id) { board.wait(id) }
        guard let cause else { return [] }
        return [.log(.warning, "unit is dealt again", unit: id, fields: ["cause": cause, "attempts": String(unit.attempts)])]
    }

    private mutating func giveUp(_ id: UInt64, causes: [String]) -> [Action] {
        guard let unit = board.close(id) else { return [] }
        blame.close(id)
        audit.close(id)
        return unit.copies.flatMap { cancel(id, at: $0.peer) } + [.gaveUp(unit.assignment, causes: causes)]
    }
}

// MARK: - Audit

extension CoordinatorMachine {
    /// How many workers should have a unit in hand now.
    func wanted(_ id: UInt64) -> Int { board.open[id]?.isAhead == true ? 1 : audit.missing(id) }

    /// An audited unit was answered: it counts when two agree.
    private mutating func judge(_ answer: AuditDesk.Answer) -> [Action] {
        let id = answer.result.unit
        _ = board.release(id, from: answer.worker.peer)
        switch audit.add(answer, to: id, at: clock) {
        case .agreed(let first, let odd):
            audit.tally.agreed += 1
            // The one that answered first and is still known is credited.
            let actions = close(first.result, by: first.worker)
            return actions + odd.flatMap { setAside($0, unit: id) }
        case .differs:
            board.wait(id)
            let names = audit.answers(to: id).map(\.worker.name).joined(separator: " and ")
            return [.log(.error, "results of one unit differ: a third worker has to decide", unit: id, fields: ["workers": names])]
        case .open:
            if board.open[id]?.copies.count ?? 0 < wanted(id) { board.wait(id) }
            return lapsedAudits()
        }
    }

    /// Units that one worker has answered and nobody else is there to compute: they count, and the log says so.
    private mutating func lapsedAudits() -> [Action] {
        // With nobody there at all, who comes next may be a second.
        guard audit.openCount > 0, !roster.workers.isEmpty else { return [] }
        var actions: [Action] = []
        for id in board.open.keys.sorted() {
            guard let unit = board.open[id], unit.copies.isEmpty, let answer = audit.answers(to: id).first,
                audit.answers(to: id).count == 1,
                !roster.workers.contains(where: { $0.incarnation != answer.worker.incarnation })
            else { continue }
            audit.tally.lapsed += 1
            let count = audit.tally.lapsed
            actions += close(answer.result, by: answer.worker)
            // The first, tenth, hundredth …
            if String(count).dropFirst().allSatisfy({ $0 == "0" }), String(count).first == "1" {
                actions.append(.log(.warning, "no second worker to audit a unit; it counts unaudited", unit: id, fields: [
                    "unaudited-units": String(count),
                ]))
            }
        }
        return actions
    }

    /// A disagreement that nobody comes to decide ends the run for now.
    private mutating func giveUpDisputes() -> [Action] {
        var actions: [Action] = []
        for (id, since) in audit.disputedSince.sorted(by: { $0.key < $1.key }) {
            guard clock - since >= settings.audit.patienceSeconds, board.open[id]?.copies.isEmpty == true else { continue }
            let workers = audit.answers(to: id).map { "\($0.worker.name) on \($0.worker.host)" }.joined(separator: ", ")
            actions += giveUp(id, causes: ["no two of these workers agree on it: \(workers); and no other came within \(Int(settings.audit.patienceSeconds)) s to decide"])
        }
        return actions
    }
}
