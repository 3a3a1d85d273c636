import Coordination
import Datasets
import Diagnostics
import Foundation
import Messages
import Tensors
import Transport

/// The coordinator's shell: it feeds the machine with messages and time and performs what the machine decides.
final class Cluster {
    var machine: CoordinatorMachine
    let router: RouterEndpoint
    let inbox: RouterInbox
    let codec = MessageCodec()
    private let logger: Logger
    private let run: String
    private weak var owner: (any ClusterOwner)?

    /// What was published last under each name.
    private struct Publication {
        let version: UInt64
        let vector: ParameterVector
    }

    private var parameters: [String: Publication] = [:]
    /// Bytes of the largest result that units to come may bring, where it is more than the parameter sets.
    private var expectedBytes = 0
    /// Records of the log and whatever else a worker says are far below.
    private static let smallestAllowance = 8 << 20
    private let neighbours: Neighbours
    /// Where sums find memory.
    let sums = StoragePool(kept: 4 + ProcessInfo.processInfo.activeProcessorCount)
    private var nextVersion: UInt64 = 1
    private var nextUnit: UInt64
    private var samples: [UInt64: UnitSamples] = [:]
    /// How the tensors of open units are made, when one is dealt: all of a phase's at once may be more than memory holds.
    private var tensorsWhenDealt: [UInt64: () -> [WireTensor]] = [:]
    private var results: [(WorkUnit, UnitResult)] = []
    private var setAside: UnitSetAside?
    var followers = LogFollowers()
    private(set) var traffic = ClusterTraffic()
    /// Acknowledgements of log records that go out when these are kept.
    private var logAcknowledgements: [(peer: PeerID, message: Message)] = []

    /// How often `idle` is called at least.
    private static let pulse = Duration.milliseconds(200)
    /// How long strangers' messages, and all messages, are read in a row before results are taken and the clock is looked at. Of
    /// workers' messages at least so many.
    private static let strangersTurn = Duration.milliseconds(5)
    private static let longestTurn = Duration.milliseconds(200)
    private static let leastTurn = 64
    private static let mostAcknowledgements = 4

    /// - Parameters:
    ///   - keys: of whom alone it is joined and asked; nil for everybody.
    ///   - firstUnit: where unit numbers begin: numbers of a resumed run are not used again.
    /// - Throws: `Problem` when the endpoint cannot be bound.
    init(
        _ settings: CoordinatorMachine.Settings, bind endpoint: String, keys: ServerKeys? = nil, insecure: Bool, firstUnit: UInt64 = 1,
        logger: Logger
    ) throws(Problem) {
        var settings = settings
        settings.access = keys?.access.table
        let address = try EndpointAddress(parsing: endpoint)
        settings.isOpen = keys == nil && !address.isLocal
        machine = CoordinatorMachine(settings)
        run = settings.run
        nextUnit = firstUnit
        self.logger = logger
        let inbox = RouterInbox()
        self.inbox = inbox
        let router = try RouterEndpoint(bind: endpoint, keys: keys, insecure: insecure, into: inbox)
        router.allowMessages(upTo: Self.smallestAllowance)
        self.router = router
        neighbours = Neighbours { [codec, run = settings.run] peer, sequence in
            let message = Message.acknowledgement(Acknowledgement(of: .result, sequence: sequence))
            // An acknowledgement that is lost costs the worker a buffer.
            guard let frames = try? codec.encode(Envelope(run: run, sender: "coordinator", message: message)) else { return }
            _ = router.send(frames, to: peer)
        }
    }

    /// The address that workers connect to, with the port that the system chose.
    var endpoint: String { router.address }
    var workers: [RosterWorker] { machine.workers }
    /// Whether an operator wants no more units dealt out.
    var isPaused: Bool { machine.isPaused }
    /// What was not taken since the start, by kind.
    var refusals: RefusalTally { machine.refusals }
    /// Shards per second of each of them, as far as it is known.
    var speeds: [Double?] { machine.speeds }

    func setOwner(_ owner: any ClusterOwner) { self.owner = owner }

    /// Makes a new version of a parameter set current. Workers get it with the first unit that needs it.
    /// - Parameter vector: not to be changed before another version is published, or no unit is open.
    func publish(_ set: String, _ vector: ParameterVector) -> ParameterReference {
        defer { nextVersion += 1 }
        parameters[set] = Publication(version: nextVersion, vector: vector)
        allowMessages()
        return ParameterReference(set: set, version: nextVersion)
    }

    /// Says how large a result of units to come may be, in bytes, where it is no gradient.
    func expectResults(ofBytes bytes: Int) {
        expectedBytes = bytes
        allowMessages()
    }

    /// A worker's largest messages are gradients, as long as their set and its statistics, and what is expected.
    private func allowMessages() {
        let published = parameters.values.reduce(0) { $0 + $1.vector.buffer.bytes.count }
        router.allowMessages(upTo: Self.smallestAllowance + max(published, expectedBytes))
    }

    /// A unit under the next free number.
    func assignment(_ description: UnitDescription, needs: [ParameterReference], tensors: [WireTensor]) -> WorkUnit {
        defer { nextUnit += 1 }
        return WorkUnit(id: nextUnit, needs: needs, work: description, tensors: tensors)
    }

    /// A unit whose tensors are made whenever it is dealt: the same ones every time.
    func assignment(
        _ description: UnitDescription, needs: [ParameterReference], tensorsWhenDealt make: @escaping () -> [WireTensor]
    ) -> WorkUnit {
        let unit = assignment(description, needs: needs, tensors: [])
        tensorsWhenDealt[unit.id] = make
        return unit
    }

    /// A unit over samples of a split, under the next free number. What it needs is settled when it is performed.
    func assignment(_ description: UnitDescription, samples indices: [Int], of split: Split) -> WorkUnit {
        let unit = assignment(description, needs: [], tensors: [])
        samples[unit.id] = UnitSamples(split: split, indices: indices)
        return unit
    }

    /// Sends the samples of units that will be performed, as far as the limit goes, so that workers decode them while they
    /// compute others.
    /// - Throws: `Problem` when samples cannot be read.
    func prepare(_ assignments: [WorkUnit]) throws {
        try act(machine.prepare(assignments.map { ($0, samples[$0.id]?.byteCount ?? 0) }))
    }

    /// Takes back units that were prepared: others will be performed in their place.
    func withdraw(_ assignments: [WorkUnit]) throws {
        for unit in assignments { samples[unit.id] = nil }
        try act(machine.withdraw(assignments.map(\.id)))
    }

    /// What is wrong at present with how workers compute, and what audits came to.
    var standingFaults: [String] { machine.standingFaults }
    var auditTally: AuditTally { machine.auditTally }

    /// Deals out units and hands every result to `take` once, in the order in which they come.
    /// - Parameters:
    ///   - interruptible: whether Ctrl-C ends the wait at once; otherwise the units are finished first.
    ///   - meanwhile: called when the units are dealt, to prepare others.
    /// - Throws: `Interrupted`; `UnitSetAside`; `Problem` when samples cannot be read or a result cannot be taken.
    func perform(
        _ assignments: [WorkUnit], interruptible: Bool, waitSeconds: Double, meanwhile: () throws -> Void = {},
        take: (WorkUnit, UnitResult) throws -> Void
    ) throws {
        owner?.unitsSubmitted(assignments.count)
        try act(machine.submit(assignments, at: now))
        try meanwhile()
        var missing = Set(assignments.map(\.id))
        var lonelySince = machine.workers.isEmpty ? now : nil
        while true {
            for (assignment, result) in results {
                missing.remove(assignment.id)
                try take(assignment, result)
            }
            results = []
            if let setAside { throw setAside }
            if missing.isEmpty { return }
            // With no worker, or in a pause, the step cannot be finished, so an interrupt ends the wait even in mid-step.
            if Interrupt.requested, interruptible || machine.workers.isEmpty || machine.isPaused {
                machine.abandonUnits()
                samples = [:]
                tensorsWhenDealt = [:]
                throw Interrupted()
            }
            if machine.workers.isEmpty, !machine.isPaused {
                let since = lonelySince ?? now
                lonelySince = since
                if now - since > waitSeconds {
                    throw Problem(
                        "no worker for \(Int(waitSeconds)) s, and work is waiting", at: endpoint,
                        remedy: "start workers with filterscope worker --connect \(endpoint), then go on with --resume")
                }
            } else {
                lonelySince = nil
            }
            try pump()
        }
    }

    /// Waits until `count` workers are there.
    func waitForWorkers(_ count: Int, seconds: Double) throws {
        var start = now
        while machine.workers.count < count {
            // A pause takes as long as it takes.
            if machine.isPaused { start = now }
            if Interrupt.requested { throw Interrupted() }
            guard now - start < seconds else {
                throw Problem(
                    "\(machine.workers.count) of \(count) workers joined within \(Int(seconds)) s", at: endpoint,
                    remedy: "start workers with filterscope worker --connect \(endpoint)")
            }
            try pump()
        }
    }

    /// Says that a worker process which was started here has ended.
    func processEnded(pid: Int, reason: String) throws { try act(machine.handle(.processEnded(pid: pid, reason: reason), at: now)) }

    var now: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

    /// Looks after workers and observers for a while, with no unit to deal out.
    func idle(until deadline: ContinuousClock.Instant) throws {
        while ContinuousClock.now < deadline, !Interrupt.requested { try pump() }
    }

    private func pump() throws {
        machine.wallClock = Date().timeIntervalSince1970 - now
        var deadline = ContinuousClock.now + Self.pulse
        if let next = machine.nextDeadline { deadline = min(deadline, ContinuousClock.now + .seconds(max(0, next - now))) }
        var event = inbox.next(until: deadline)
        // Workers' messages as they come, strangers' for a while: whoever sends without end holds up nothing.
        let start = ContinuousClock.now
        var taken = 0
        while let current = event {
            try handle(current)
            taken += 1
            let elapsed = start.duration(to: .now)
            guard elapsed < Self.longestTurn || taken < Self.leastTurn else { break }
            // Workers that write a lot wait for these.
            guard logAcknowledgements.count < Self.mostAcknowledgements else { break }
            event = inbox.next(strangers: elapsed < Self.strangersTurn)
        }
        for (refused, count) in inbox.takeRefused() {
            try act(machine.handle(.turnedAway(refused.kind, count: count), at: now))
        }
        try act(machine.handle(.tick, at: now))
        try owner?.idle()
        for (peer, message) in logAcknowledgements { send(message, to: peer) }
        logAcknowledgements = []
    }

    private func handle(_ event: TransportEvent) throws {
        switch event {
        case .message(let peer, let frames):
            traffic.noteReceived(frames, from: peer)
            try act(machine.handle(decoded(frames, from: peer), at: now))
        case .unreachable(let peer): try act(machine.handle(.unreachable(peer), at: now))
        case .hungUp(let peer): try act(machine.handle(.hungUp(peer), at: now))
        case .discarded(let peer, let reason): try act(machine.handle(.garbled(peer, reason.description, reason.refusalKind), at: now))
        case .barred(let peer): try act(machine.handle(.barred(peer), at: now))
        case .access(let news): try handle(news)
        case .connected, .disconnected, .handshakeFailed, .turnedAway: break  // a dealer's events
        }
    }

    private func handle(_ news: AccessNews) throws {
        switch news {
        case .changed(let table): try act(machine.handle(.accessChanged(table), at: now))
        case .damaged(let problem):
            logger.warning("the allow list cannot be read again; the one before stays in force", ["cause": problem.description])
        case .refused(let count, let address, let key):
            let isLogged = machine.refusals.isLogged(.unknownKey, more: count)
            try act(machine.handle(.turnedAway(.unknownKey, count: count), at: now))
            if isLogged { logger.warning("connection refused: its key is not admitted", ["address": address, "key": key]) }
        }
    }

    private func decoded(_ frames: [Data], from peer: PeerID) -> CoordinatorMachine.Event {
        do throws(ProtocolError) {
            let envelope = try codec.decode(frames)
            guard envelope.run.isEmpty || envelope.run == run else { return .ofAnotherRun(peer) }
            // Before the machine refuses it: its memory is not looked at.
            guard machine.admits(envelope.message.kind, from: peer) else { return .received(peer, envelope.message) }
            switch envelope.message {
            case .hello(let hello): neighbours.note(hello, from: peer)
            case .failure(let failure):
                if machine.expects(failure.unit, from: peer) { neighbours.sendWeights(to: peer) }
                return .received(peer, .failure(named(failure)))
            case .result(let result):
                let message = mapped(result, from: peer)
                guard case .result(let whole) = message, machine.isAudited(whole.unit) else { return .received(peer, message) }
                return .audited(peer, whole, whole.digest)
            default: break
            }
            return .received(peer, envelope.message)
        } catch {
            return .garbled(peer, error.refusalReason, error.refusalKind)
        }
    }

    /// The failure with the name of the sample that was its cause, which the worker does not know.
    private func named(_ failure: UnitFailure) -> UnitFailure {
        guard let sample = failure.sample, let split = samples[failure.unit]?.split, sample < split.count else { return failure }
        var failure = failure
        failure.what = "\(split.sampleName(sample)): \(failure.what)"
        return failure
    }

    /// The result with all its tensors here; or a failure, so that the unit is dealt again, if they cannot be had.
    private func mapped(_ result: UnitResult, from peer: PeerID) -> Message {
        // Memory that nobody was asked for is not touched; the machine says what such a result is worth.
        guard machine.expects(result.unit, from: peer) else { return .result(result) }
        do throws(Problem) {
            return .result(try neighbours.mapped(result, from: peer))
        } catch {
            send(.refused(Refusal(code: .memory, reason: error.description)), to: peer)
            return .failure(UnitFailure(unit: result.unit, what: error.description, retryable: true, lacking: true))
        }
    }

    func act(_ actions: [CoordinatorMachine.Action]) throws {
        for action in actions {
            switch action {
            case .send(let peer, .welcome(let welcome)):
                let welcome = neighbours.completed(welcome, for: peer)
                if welcome.memory != nil { logger.debug("memory in common", ["worker.name": welcome.name]) }
                send(.welcome(welcome), to: peer)
            case .send(let peer, .acknowledgement(let acknowledgement)) where acknowledgement.of == .log:
                logAcknowledgements.append((peer, .acknowledgement(acknowledgement)))
            case .send(let peer, let message): send(message, to: peer)
            case .deal(let peer, var unit, let withSamples):
                if withSamples { unit.tensors += try samples[unit.id]?.tensors() ?? [] }
                if let make = tensorsWhenDealt[unit.id] { unit.tensors += make() }
                send(.unit(unit), to: peer)
            case .sendSamples(let peer, let unit, let withSamples):
                let tensors = withSamples ? try samples[unit.id]?.tensors() ?? [] : []
                send(.samples(SampleShipment(unit: unit.id, work: unit.work, tensors: tensors)), to: peer)
            case .sendParameters(let peer, let reference):
                let tensor = parameterTensor(reference, for: peer)
                send(.parameters(ParameterUpdate(set: reference.set, version: reference.version, tensors: [tensor])), to: peer)
            case .completed(let assignment, let result, let worker, let attempts):
                if let damaged = result.damaged, let split = samples[assignment.id]?.split {
                    owner?.samplesDamaged(damaged.filter { $0.sample < split.count }, of: split)
                }
                samples[assignment.id] = nil
                tensorsWhenDealt[assignment.id] = nil
                owner?.unitCompleted(assignment, result, worker: worker, attempts: attempts)
                results.append((assignment, result))
            case .joined(let worker):
                inbox.admit(worker.peer)
                traffic.begin(worker.peer)
                try owner?.workerJoined(worker)
            case .left(let worker, let reason, let vanished):
                inbox.dismiss(worker.peer)
                neighbours.forget(worker.peer)
                traffic.end(worker.peer)
                try owner?.workerLeft(worker, reason: reason, vanished: vanished)
            case .gaveUp(let assignment, let causes):
                setAside = UnitSetAside(problem: Problem(
                    "unit \(assignment.id) (\(assignment.work.kind)\(samples[assignment.id]?.text ?? "")) came to nothing and is set aside: \(causes.joined(separator: "; "))",
                    remedy: "mend the cause, then go on with --resume"))
            case .records(let records, let worker, let number): owner?.received(records, from: worker, upTo: number)
            case .statusRequested(let peer):
                if let owner { send(.status(owner.statusReport(workers: machine.workers, now: now)), to: peer) }
            case .logsRequested(let peer, let request):
                guard let owner else { continue }
                answer(peer) {
                    let reply = try owner.logs(for: request)
                    followers.note(peer, at: now, isToldAll: reply.finished)
                    return .logs(reply)
                }
            case .stopRequested: Interrupt.request()
            case .log(let level, let message, let unit, let fields): logger.log(level, message, unit: unit, fields)
            }
        }
    }

    /// Where a worker of this machine finds a parameter set, or the set as it travels to others.
    private func parameterTensor(_ reference: ParameterReference, for peer: PeerID) -> WireTensor {
        guard let set = parameters[reference.set], set.version == reference.version else {
            preconditionFailure("unit needs \(reference.set) \(reference.version), which is not current")
        }
        if let segment = set.vector.segment, neighbours.readsWeights(peer) {
            return WireTensor(ParameterVector.wireName, [set.vector.buffer.count], at: segment.reference)
        }
        // In place: nobody changes the vector while a unit is open that needs it. Whoever is still being sent it afterwards was given
        // up, or its unit was; what it gets then is a version that nobody will ask for.
        return set.vector.wireTensor
    }

    /// The run's name, which those who are turned away do not learn.
    private func name(for message: Message, to peer: PeerID) -> String {
        guard case .refused = message, !machine.workers.contains(where: { $0.peer == peer }) else { return run }
        return ""
    }

    /// What goes wrong with a question is the asker's concern.
    private func answer(_ peer: PeerID, _ make: () throws -> Message) {
        do { send(try make(), to: peer) } catch {
            send(.refused(Refusal(code: .malformed, reason: "the question cannot be answered")), to: peer)
        }
    }

    private func send(_ message: Message, to peer: PeerID) {
        do throws(ProtocolError) {
            let frames = try codec.encode(Envelope(run: name(for: message, to: peer), sender: "coordinator", message: message))
            guard router.send(frames, to: peer) == .full else { return traffic.noteSent(frames, to: peer) }
            // Strangers may leave little unread.
            guard inbox.isAdmitted(peer) else { return inbox.drop() }
            // It takes nothing: to wait for it would stop everyone.
            logger.warning("peer takes nothing; message dropped", ["peer": peer.description, "kind": message.kind.rawValue])
        } catch {
            logger.error("message cannot be encoded", ["cause": error.description])
        }
    }
}
