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
        /// The run's kernels: results of others would differ in their last bits.
        public var fingerprint: String
        /// Whether workers with other kernels are admitted all the same.
        public var admitsOtherKernels: Bool
        public var heartbeatSeconds: Double
        /// Silence after which a worker counts as gone.
        public var timeoutSeconds: Double
        /// How many attempts that are a unit's own fault it may take before the run pauses; see `UnitBlame`.
        public var unitAttempts: Int
        /// The data set, for workers that have a copy of it.
        public var data: DataSummary?
        /// Bytes of samples that a worker may be sent before their units are due; 0: none.
        public var bytesAhead: Int
        /// Who may send what; nil: everybody everything.
        public var access: AccessTable?
        /// Other machines reach the address, and no keys are asked for.
        public var isOpen: Bool
        public var late: LateUnitSettings
        public var audit: AuditSettings

        public init(
            run: String, task: String, fingerprint: String, heartbeatSeconds: Double, timeoutSeconds: Double, unitAttempts: Int,
            data: DataSummary? = nil, bytesAhead: Int = 256 << 20, access: AccessTable? = nil, isOpen: Bool = false,
            admitsOtherKernels: Bool = false, late: LateUnitSettings = LateUnitSettings(), audit: AuditSettings = AuditSettings()
        ) {
            self.run = run
            self.task = task
            self.fingerprint = fingerprint
            self.heartbeatSeconds = heartbeatSeconds
            self.timeoutSeconds = timeoutSeconds
            self.unitAttempts = unitAttempts
            self.data = data
            self.bytesAhead = bytesAhead
            self.access = access
            self.isOpen = isOpen
            self.admitsOtherKernels = admitsOtherKernels
            self.late = late
            self.audit = audit
        }
    }

    public enum Event: Sendable {
        case received(PeerID, Message)
        /// A result of a unit that is audited, with the digest of what it holds; see `isAudited`.
        case audited(PeerID, UnitResult, Digest)
        /// Something that is no message of ours, and why.
        case garbled(PeerID, String, RefusalKind = .malformed)
        /// Something that was turned away before it came here, so many times since the last word of it.
        case turnedAway(RefusalKind, count: Int)
        /// Well formed, but it names a run that is not this one: this coordinator took another's place.
        case ofAnotherRun(PeerID)
        case unreachable(PeerID)
        /// A message of a peer whose key is not admitted any more; nobody has read it.
        case barred(PeerID)
        /// A new version of the allow list.
        case accessChanged(AccessTable)
        /// A connection has ended, and what was under way on it is lost. Its worker may come back over another; its units are dealt
        /// to others at once, so that a machine that died costs no time.
        case hungUp(PeerID)
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
        /// An operator asks for an orderly end, as Ctrl-C does.
        case stopRequested
        case log(LogLevel, String, unit: UInt64?, fields: [String: String])
    }

    public let settings: Settings
    var roster = WorkerRoster()
    var board = UnitBoard()
    private(set) var ended: RunEnd?
    var access: AccessTable?
    /// Whether an operator wants no more units dealt out.
    public internal(set) var isPaused = false
    /// Units that were submitted during a pause.
    var heldBack: [WorkUnit] = []
    /// Incarnations of workers that an operator dismissed.
    var drained: Set<String> = []
    var nextOpenWarning = -Double.infinity
    /// What was not taken since this coordinator started, by kind.
    public private(set) var refusals = RefusalTally()
    private var questions = QuestionAllowance()
    /// Each takes a row of the journal and two lines of the log; a large cluster that starts at once is let in within a minute.
    private var admissions = TokenBucket(capacity: 256, perSecond: 32)
    /// Their lines have room in a status report.
    private static let mostWorkers = 512
    /// The number of the last log record that was taken of each incarnation; forgotten when there are many that left.
    private var takenLogs: [String: Int] = [:]
    private static let mostTakenLogs = 4096
    var late: LateUnits
    var blame = UnitBlame()
    var audit: AuditDesk
    /// The newest time that was heard of.
    var clock = 0.0
    /// Workers that computed wrongly and are let in no more, and why.
    private var setAside: [WorkerIdentity: String] = [:]

    public init(_ settings: Settings) {
        self.settings = settings
        access = settings.access
        late = LateUnits(settings.late)
        audit = AuditDesk(settings.audit)
    }

    public var workers: [RosterWorker] { roster.workers }
    public var openUnitCount: Int { board.openCount }

    /// Whether a unit was dealt to this peer and waits for its answer.
    public func expects(_ unit: UInt64, from peer: PeerID) -> Bool { roster[peer]?.unitsInHand.contains(unit) ?? false }

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
        return [silent, nextLateness, settings.isOpen ? nextOpenWarning : nil].compactMap(\.self).min()
    }

    /// Opens units and deals as many as there is room for. Ids grow and are never used again in a run. Units that were announced
    /// by `prepare` become due as they are given here, and whoever has their samples gets them.
    /// - Parameter now: the time, where it is known.
    public mutating func submit(_ assignments: [WorkUnit], at now: Double? = nil) -> [Action] {
        clock = max(clock, now ?? clock)
        if isPaused {
            heldBack += assignments
            return []
        }
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
        heldBack = []
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
        heldBack = []
        blame.removeAll()
        audit.removeAll()
        return roster.workers.map { .send($0.peer, .ended(message)) }
    }

    public mutating func handle(_ event: Event, at now: Double) -> [Action] {
        clock = max(clock, now)
        switch event {
        case .received(let peer, let message):
            return refusal(of: message, from: peer) ?? receive(message, from: peer, at: now)
        case .audited(let peer, let result, let digest):
            let message = Message.result(result)
            return refusal(of: message, from: peer) ?? receive(message, from: peer, at: now, digest: digest)
        case .garbled(let peer, let what, let kind): return garbled(peer, what, kind, at: now)
        case .turnedAway(let kind, let count): return refuse(kind, "before it was read", count: count)
        case .ofAnotherRun(let peer): return sendBack(peer)
        case .hungUp(let peer): return remove(peer, reason: "its connection ended", vanished: true)
        case .unreachable(let peer): return remove(peer, reason: "unreachable", vanished: true)
        case .barred(let peer): return turnAway(peer)
        case .accessChanged(let table): return admit(table)
        case .processEnded(let pid, let reason):
            return roster.workers.first { $0.pid == pid }.map { remove($0.peer, reason: reason, vanished: true) } ?? []
        case .tick: return warnOfOpenness(at: now) + expire(at: now)
        }
    }
}

// MARK: - Membership

extension CoordinatorMachine {
    private mutating func receive(_ message: Message, from peer: PeerID, at now: Double, digest: Digest? = nil) -> [Action] {
        switch message {
        case .hello(let hello): return welcome(hello, peer, at: now)
        case .statusRequest:
            guard questions.take(1, for: peer, at: now) else { return refuse(.flood, "too many questions") }
            return [.statusRequested(peer)]
        case .logsRequest(let request):
            let isSearch = request.grep != nil || request.worker != nil || request.since != nil || request.level != nil
            guard questions.take(isSearch ? 20 : 1, for: peer, at: now) else { return refuse(.flood, "too many questions") }
            return [.logsRequested(peer, request)]
        case .command(let command):
            guard questions.take(1, for: peer, at: now) else { return refuse(.flood, "too many commands") }
            return obey(command, from: peer)
        default: break
        }
        guard let worker = roster[peer] else {
            // It was given up (frozen and thawed, say) or never said hello.
            return [.send(peer, .refused(Refusal(
                code: .unknownPeer, reason: "this coordinator does not know you", remedy: "say hello again")))]
                + refuse(message.isWorkers ? .unknownPeer : .wrongDirection, "\(message.kind.rawValue) before a hello")
        }
        switch message {
        case .heartbeat(let heartbeat):
            var isAnswered = false
            roster.update(peer) { worker in
                worker.lastHeard = now
                worker.residentBytes = heartbeat.residentBytes
                isAnswered = worker.answers.take(at: now)
            }
            guard isAnswered else { return refuse(.flood, "too many heartbeats", worker) }
            return [.send(peer, .acknowledgement(Acknowledgement(of: .heartbeat, sequence: heartbeat.sequence)))]
                + remind(worker, oldest: heartbeat.unit)
        case .result(let result): return complete(result, worker, digest, at: now)
        case .failure(let failure): return fail(failure, worker, at: now)
        case .data(let declaration): return accept(declaration, worker, at: now)
        case .log(let batch): return keep(batch, worker, at: now)
        case .goodbye(let goodbye): return remove(peer, reason: goodbye.reason.shortened())
        default: return refuse(.wrongDirection, "\(message.kind.rawValue) is for coordinators to send", worker)
        }
    }

    private mutating func welcome(_ hello: Hello, _ peer: PeerID, at now: Double) -> [Action] {
        if let ended { return [.send(peer, .ended(ended))] }
        if drained.contains(hello.incarnation) { return [.send(peer, .ended(Self.drainedEnd))] + remove(peer, reason: "drained") }
        guard hello.fingerprint == settings.fingerprint || settings.admitsOtherKernels else {
            return [
                .send(peer, .refused(Refusal(
                    code: .fingerprint,
                    reason: "your kernels are \(hello.fingerprint), this run's are \(settings.fingerprint), and results would differ in their last bits",
                    remedy: "build both with the same FILTERSCOPE_MARCH and run them on the same kind of processor; or start the coordinator with --mixed, which marks the run as not bit-reproducible"))),
            ] + refuse(.fingerprint, "\(hello.name) on \(hello.host) has other kernels: \(hello.fingerprint)")
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
        // The same process over a new connection: what the old one carried is lost.
        let former = roster.workers.filter { $0.incarnation == hello.incarnation && $0.peer != peer }
        guard former.allSatisfy({ $0.peer.key == peer.key && mayReplace($0, at: now) }) else {
            // No answer: a worker that has just lost its connection says hello again until its former self is seen to be gone.
            return refuse(.impostor, "a hello of \(hello.name) while it is present over another connection")
        }
        guard roster.workers.count < Self.mostWorkers || roster[peer] != nil || !former.isEmpty else {
            return [.send(peer, .refused(Refusal(
                code: .full, reason: "there are \(Self.mostWorkers) workers already", remedy: "start another run's workers elsewhere")))]
                + refuse(.full, "\(hello.name) on \(hello.host)")
        }
        // No answer either: it is let in at a later try.
        guard admissions.take(at: now) else { return refuse(.flood, "too many hellos") }
        var actions = remove(peer, reason: "said hello again", dealing: false)
        for old in former {
            actions += remove(old.peer, reason: "came back over a new connection", dealing: false)
        }
        let worker = RosterWorker(
            peer: peer, name: roster.uniqueName(hello.name), identity: identity, incarnation: hello.incarnation, host: hello.host, pid: hello.pid,
            threads: max(1, hello.threads), fingerprint: hello.fingerprint,
            takesSamplesAhead: hello.samplesAhead ?? false, joinedAt: now, lastHeard: now)
        roster.add(worker)
        actions += [.joined(worker), .send(peer, .welcome(welcomeMessage(for: worker)))]
        if let member = access?[peer.key] {
            actions.append(.log(.info, "worker has shown a key", unit: nil, fields: ["worker.name": worker.name, "key": member.name]))
        }
        return actions + lapsedAudits() + deal()
    }

    /// Whether a hello with a present worker's incarnation may take its place. Whoever learns an incarnation could throw that worker
    /// out, again and again; so only one that is gone, or quiet for longer than an honest one, is replaced.
    private func mayReplace(_ worker: RosterWorker, at now: Double) -> Bool {
        now - worker.lastHeard >= settings.timeoutSeconds / 2
    }

    /// Log records, as many as a worker may write: what it says goes to the disk.
    private mutating func keep(_ batch: LogBatch, _ worker: RosterWorker, at now: Double) -> [Action] {
        guard !batch.records.isEmpty else { return [] }
        let known = takenLogs[worker.incarnation] ?? 0
        let last = batch.firstSequence + batch.records.count - 1
        let new = batch.records.dropFirst(max(0, known + 1 - batch.firstSequence))
        var kept = 0
        roster.update(worker.peer) { worker in
            worker.lastHeard = now
            kept = worker.logAllowance.takeUpTo(new.count, at: now)
        }
        if takenLogs.count >= Self.mostTakenLogs {
            let present = Set(roster.workers.map(\.incarnation))
            takenLogs = takenLogs.filter { present.contains($0.key) }
        }
        takenLogs[worker.incarnation] = max(known, last)
        let acknowledgement = Action.send(worker.peer, .acknowledgement(Acknowledgement(of: .log, sequence: last)))
        guard !new.isEmpty else { return [acknowledgement] }
        let records = new.prefix(kept).map { $0.bounded(source: worker.name) }
        let dropped = new.count - kept
        return [.records(records, from: worker.name), acknowledgement]
            + (dropped > 0 ? refuse(.flood, "too many log records", worker, count: dropped) : [])
    }

    private func welcomeMessage(for worker: RosterWorker) -> Welcome {
        Welcome(
            run: settings.run, name: worker.name, heartbeatSeconds: settings.heartbeatSeconds,
            timeoutSeconds: settings.timeoutSeconds, task: settings.task, data: settings.data)
    }

    /// A worker says which splits it has a copy of. What differs from the coordinator's is not taken.
    private mutating func accept(_ declaration: DataDeclaration, _ worker: RosterWorker, at now: Double) -> [Action] {
        // No data set has as many; and each may be logged.
        guard declaration.splits.count <= 16 else { return refuse(.malformed, "\(declaration.splits.count) splits", worker) }
        var isHeard = false
        roster.update(worker.peer) { worker in
            worker.lastHeard = now
            isHeard = worker.answers.take(at: now)
        }
        guard isHeard else { return refuse(.flood, "too many words about data", worker) }
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

    private mutating func garbled(_ peer: PeerID, _ what: String, _ kind: RefusalKind, at now: Double) -> [Action] {
        var isAnswered = true
        // What strangers leave unread the transport bounds.
        roster.update(peer) { isAnswered = $0.answers.take(at: now) }
        guard isAnswered else { return refuse(kind, what, roster[peer]) }
        // It quotes the sender's own words, and tells nothing of the run.
        let remedy = switch kind {
        case .version: "install the same version of filterscope on both sides"
        case .unknownKind: "go on without such messages, or install the same version of filterscope on both sides"
        default: "speak protocol \(protocolVersion)"
        }
        let refusal = Refusal(code: kind.code, reason: what.shortened(), remedy: remedy)
        return [.send(peer, .refused(refusal))] + refuse(kind, what, roster[peer])
    }

    /// Counts what is not taken, and logs the first, tenth, hundredth … of each kind.
    mutating func refuse(_ kind: RefusalKind, _ what: String, _ worker: RosterWorker? = nil, count: Int = 1) -> [Action] {
        guard let total = refusals.add(kind, count: count) else { return [] }
        var fields = ["refusal": kind.rawValue, "reason": what.shortened(), "count": String(total)]
        fields["worker.name"] = worker?.name
        return [.log(.warning, "message refused", unit: nil, fields: fields)]
    }

    /// A worker whose coordinator was killed and came back may have had something under way. One that has said hello since
    /// is at home here, and what comes late is let go; any other is told to say hello.
    private mutating func sendBack(_ peer: PeerID) -> [Action] {
        let counted = refuse(.wrongRun, "a message of another run", roster[peer])
        guard roster[peer] == nil else { return counted }
        return [.send(peer, .refused(Refusal(
            code: .wrongRun, reason: "this coordinator carries out another run", remedy: "say hello again")))] + counted
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
    mutating func remove(_ peer: PeerID, reason: String, vanished: Bool = false, dealing: Bool = true) -> [Action] {
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
    private mutating func complete(_ result: UnitResult, _ worker: RosterWorker, _ digest: Digest?, at now: Double) -> [Action] {
        guard worker.unitsInHand.contains(result.unit) else {
            // A worker answers only what it was dealt, and once. An honest one may answer what was withdrawn meanwhile, so it is
            // not told that it did wrong.
            return refuse(.unasked, "a result for unit \(result.unit), which is not in this worker's hand", worker)
        }
        let unit = board.open[result.unit]
        let outFor = clock - (unit?.copies.first { $0.peer == worker.peer }?.dealtAt ?? clock)
        if let unit { late.note(unit.assignment.work, seconds: outFor) }
        roster.update(worker.peer) { worker in
            // Only what is taken is a sign of life.
            worker.lastHeard = now
            worker.unitsInHand.removeAll { $0 == result.unit }
            worker.unitsDone += 1
            worker.samplesDone += result.figures["samples"].flatMap { Int(exactly: $0) }.map { min(max(0, $0), 1 << 31) } ?? 0
            // A day each: sums stay finite whatever it says.
            let seconds = min(result.seconds, 86_400)
            worker.busySeconds += seconds
            if let waited = result.waitedSeconds {
                worker.fedSeconds += seconds
                worker.waitedSeconds += min(waited, 86_400)
            }
            if let unit, settings.late.factor > 0 { worker.noteSpeed(unit.assignment.work.size, seconds: seconds, at: clock) }
        }
        let dismissal = dismissIfDrained(worker.peer)
        guard unit != nil else { return dismissal + deal() }
        if audit.includes(result.unit), let digest {
            return judge(AuditDesk.Answer(worker: worker, digest: digest, result: result)) + dismissal + deal()
        }
        return close(result, by: worker) + dismissal + deal()
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
        return [.send(peer, .cancel(UnitCancellation(unit: id)))] + dismissIfDrained(peer)
    }

    private mutating func fail(_ failure: UnitFailure, _ worker: RosterWorker, at now: Double) -> [Action] {
        guard worker.unitsInHand.contains(failure.unit) || worker.unitsAhead.contains(failure.unit) else {
            return refuse(.unasked, "a failure of unit \(failure.unit), which is not in this worker's hand", worker)
        }
        roster.update(worker.peer) { worker in
            worker.lastHeard = now
            worker.unitsInHand.removeAll { $0 == failure.unit }
            worker.unitsAhead.removeAll { $0 == failure.unit }
            if worker.unitsAhead.isEmpty { worker.bytesAhead = 0 }
            // It may have failed for want of parameters: send them again.
            worker.parameterVersions = [:]
        }
        let what = failure.what.shortened(to: 2000)
        let isForgiven = failure.lacking == true && failure.retryable && blame.lacked(failure.unit)
        if !isForgiven { blame.failed(failure.unit, incarnation: worker.incarnation, at: clock) }
        let log = Action.log(
            isForgiven ? .info : .warning, "unit failed", unit: failure.unit, fields: ["worker.name": worker.name, "cause": what])
        let actions = [log] + putBack(
            failure.unit, from: worker.peer, cause: isForgiven ? nil : "\(worker.name): \(what)", final: !failure.retryable)
        return actions + dismissIfDrained(worker.peer) + deal()
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

extension Message {
    /// Whether it is a worker's to send, once it is admitted.
    fileprivate var isWorkers: Bool {
        switch self {
        case .heartbeat, .result, .failure, .data, .log, .goodbye: true
        default: false
        }
    }
}
