import Diagnostics
import Messages
import Tensors

/// The coordinator's decisions: who is a worker, which unit goes to whom, what to do when one goes silent. A value type:
/// events and times go in, actions come out; sockets, clocks and disks belong to whoever performs the actions.
///
/// A worker is absent → (hello) present → (goodbye, silence, unreachable, new hello) absent. A unit is waiting → dealt →
/// closed, or back to waiting when its holder goes. `docs/failures.md` says it in words. What it decides about whom and what stands in
/// files of its own: membership, dealing, answers, audit, refusals, commands, access.
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
        /// How much workers may write to the log.
        public var logs: LogAllowance
        /// The number of the last log record that was taken of each incarnation by earlier coordinators of the run.
        public var takenLogs: [String: Int]

        public init(
            run: String, task: String, fingerprint: String, heartbeatSeconds: Double, timeoutSeconds: Double, unitAttempts: Int,
            data: DataSummary? = nil, bytesAhead: Int = 256 << 20, access: AccessTable? = nil, isOpen: Bool = false,
            admitsOtherKernels: Bool = false, late: LateUnitSettings = LateUnitSettings(), audit: AuditSettings = AuditSettings(),
            logs: LogAllowance = LogAllowance(), takenLogs: [String: Int] = [:]
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
            self.logs = logs
            self.takenLogs = takenLogs
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
        /// A worker is gone: in order, or without a word.
        case left(RosterWorker, reason: String, vanished: Bool)
        /// A unit came to nothing as often as allowed, for these reasons: it is set aside, and the run cannot go on without it.
        case gaveUp(WorkUnit, causes: [String])
        /// Log records of a worker, up to a number; not before they are kept does its acknowledgement go out.
        case records([LogRecord], from: RosterWorker, upTo: Int)
        case statusRequested(PeerID)
        case logsRequested(PeerID, LogsRequest)
        /// An operator asks for an orderly end, as Ctrl-C does.
        case stopRequested
        case log(LogLevel, String, unit: UInt64?, fields: [String: String])
    }

    public let settings: Settings
    var roster = WorkerRoster()
    var board = UnitBoard()
    var ended: RunEnd?
    var access: AccessTable?
    /// Whether an operator wants no more units dealt out.
    public internal(set) var isPaused = false
    /// Units that were submitted during a pause.
    var heldBack: [WorkUnit] = []
    /// Incarnations of workers that an operator dismissed.
    var drained: Set<String> = []
    var nextOpenWarning = -Double.infinity
    /// What was not taken since this coordinator started, by kind.
    public internal(set) var refusals = RefusalTally()
    var questions = QuestionAllowance()
    /// Each takes a row of the journal and two lines of the log; a large cluster that starts at once is let in within a minute.
    var admissions = TokenBucket(capacity: 256, perSecond: 32)
    /// Their lines have room in a status report.
    static let mostWorkers = 512
    /// The number of the last log record that was taken of each incarnation; forgotten when there are many that left.
    var takenLogs: [String: Int] = [:]
    public static let mostTakenLogs = 4096
    var logAllowance: TokenBucket
    /// Seconds to add to the caller's clock to have the time since 1970; kept up to date by the caller.
    public var wallClock = 0.0
    var late: LateUnits
    var blame = UnitBlame()
    var audit: AuditDesk
    /// The newest time that was heard of.
    var clock = 0.0
    /// Workers that computed wrongly and are let in no more, and why.
    var setAside: [WorkerIdentity: String] = [:]

    public init(_ settings: Settings) {
        self.settings = settings
        access = settings.access
        late = LateUnits(settings.late)
        audit = AuditDesk(settings.audit)
        takenLogs = settings.takenLogs
        logAllowance = TokenBucket(capacity: settings.logs.perSecondOfAll / 4, perSecond: settings.logs.perSecondOfAll)
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
        let owed = roster.workers.compactMap { $0.logsOwed?.due }.min()
        return [silent, nextLateness, owed, settings.isOpen ? nextOpenWarning : nil].compactMap(\.self).min()
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
        case .tick: return warnOfOpenness(at: now) + acknowledgeLogs(at: now) + expire(at: now)
        }
    }
}
