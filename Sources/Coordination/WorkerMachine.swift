import Diagnostics
import Messages
import Tensors

/// A worker's decisions: joining, joining again after the coordinator was gone, beating, taking units and answering them.
///
/// knocking → (welcome) joined → (silence, disconnect, refusal as unknown) knocking → … → over. While knocking it says hello
/// every `helloSeconds` and gives up when the coordinator has not been heard for `giveUpSeconds`.
public struct WorkerMachine: Sendable {
    public struct Settings: Sendable {
        public var name: String
        public var host: String
        public var pid: Int
        public var threads: Int
        public var fingerprint: String
        /// Where it knocks, for messages.
        public var endpoint: String
        public var helloSeconds = 2.0
        /// How long to knock unheard before giving up.
        public var giveUpSeconds: Double
        /// Memory that shows a coordinator of this machine that it is one.
        public var memory: SegmentReference?

        public init(
            name: String, host: String, pid: Int, threads: Int, fingerprint: String, endpoint: String, giveUpSeconds: Double,
            memory: SegmentReference? = nil
        ) {
            self.name = name
            self.host = host
            self.pid = pid
            self.threads = threads
            self.fingerprint = fingerprint
            self.endpoint = endpoint
            self.giveUpSeconds = giveUpSeconds
            self.memory = memory
        }
    }

    public enum Event: Sendable {
        case received(Message)
        case garbled(String)
        /// The coordinator speaks another version of the protocol.
        case otherVersion(Problem)
        /// A unit of a kind that this version does not know.
        case unknownWork(unit: UInt64, String)
        /// A connection stands; hello goes over it at once.
        case connected
        case disconnected
        /// Somebody answers at the address, and no connection comes of it; it is tried again.
        case handshakeFailed(String)
        /// The coordinator will not have this program, and trying again would not help.
        case turnedAway(String, remedy: String)
        /// The lanes finished a unit.
        case finished(UnitResult)
        case failed(UnitFailure)
        /// The splits of which there is a copy here, each found to be the coordinator's; none: it has to be fed.
        case hasData(DataDeclaration)
        /// The user asks the worker to leave.
        case leave(String)
        case tick
    }

    public enum Action: Sendable {
        case send(Message)
        /// The first welcome, or that of another run: get ready for its task.
        case configure(Welcome)
        case store(ParameterUpdate)
        /// Samples of a unit that will follow: decode them meanwhile.
        case prepare(SampleShipment)
        /// A unit that was announced will not follow, or one that was begun is not wanted any more.
        case drop(unit: UInt64)
        case begin(WorkUnit)
        /// The coordinator has read the memory of that sequence number.
        case release(sequence: Int)
        /// The coordinator has the log records up to that number.
        case logsTaken(upTo: Int)
        /// It cannot map this worker's memory: results go in frames.
        case stopLending
        /// Work in hand is nobody's any more.
        case discardWork
        case log(LogLevel, String, fields: [String: String])
        case leave(Departure)
    }

    /// How a worker ends.
    public enum Departure: Sendable, Equatable {
        /// The run is over, or the user asked.
        case done(String)
        case failed(Problem)
    }

    private enum State: Sendable {
        case knocking(lastHello: Double?)
        case joined(run: String, heartbeatSeconds: Double, timeoutSeconds: Double)
        case over
    }

    public let settings: Settings
    private let incarnation: String
    private var state = State.knocking(lastHello: nil)
    private var lastHeard: Double
    private var lastBeat = 0.0
    private var beats = 0
    private var joins = 0
    private var isConnected = false
    private var unitsDone = 0
    private var unitsInHand: Set<UInt64> = []
    private var saidUnheard = false
    /// Why the latest attempt to connect came to nothing; nil when a connection stood since.
    private var fault: String?
    /// Measured by whoever runs the machine, sent with the heartbeat.
    public var residentBytes = 0
    public var busyLanes = 0
    /// Seconds to add to the caller's clock to have the time since 1970, by this machine's clock; nil: no clock readings are sent.
    public var wallClock: Double?
    /// Heartbeats under way, by number, and the latest that was answered.
    private var beatsSent: [(sequence: Int, clock: Double)] = []
    private var answered: AnsweredHeartbeat?

    /// - Parameter incarnation: tells this process from an earlier one of the same name.
    public init(_ settings: Settings, incarnation: String, at now: Double) {
        self.settings = settings
        self.incarnation = incarnation
        lastHeard = now
    }

    /// Whether a coordinator has welcomed it and not been lost since.
    public var isJoined: Bool { if case .joined = state { true } else { false } }

    /// When `tick` must come at the latest.
    public var nextDeadline: Double {
        switch state {
        case .knocking(let lastHello):
            return min(lastHello.map { $0 + settings.helloSeconds } ?? 0, lastHeard + settings.giveUpSeconds)
        case .joined(_, let heartbeat, let timeout): return min(lastBeat + heartbeat, lastHeard + timeout)
        case .over: return .infinity
        }
    }

    /// Whether a message that names this run is for it. Once joined it hears nobody else: what another coordinator at the same
    /// address sent before is still on its way, and its weights have the same numbers.
    public func hears(run: String) -> Bool {
        if case .joined(let own, _, _) = state { run == own || run.isEmpty } else { true }
    }

    public mutating func handle(_ event: Event, at now: Double) -> [Action] {
        if case .over = state { return [] }
        switch event {
        case .received(let message):
            lastHeard = now
            return receive(message, at: now)
        case .garbled(let what): return [.log(.warning, "message not understood", fields: ["reason": what])]
        case .otherVersion(let problem):
            state = .over
            return [.leave(.failed(problem))]
        case .unknownWork(let unit, let what):
            guard case .joined = state else { return [] }
            // Another worker may know it.
            return [
                .send(.failure(UnitFailure(unit: unit, what: what, retryable: true))),
                .log(.warning, "unit of an unknown kind", fields: ["reason": what]),
            ]
        case .connected:
            isConnected = true
            fault = nil
            guard case .knocking = state else { return [] }
            return hello(at: now)
        case .disconnected:
            isConnected = false
            guard case .joined = state else { return [] }
            return knockAgain("connection lost", at: now)
        case .handshakeFailed(let reason):
            // Once for each reason: the attempts may be many a second.
            defer { fault = reason }
            return reason == fault ? [] : [.log(.warning, "no connection comes about", fields: ["endpoint": settings.endpoint, "reason": reason])]
        case .turnedAway(let what, let remedy):
            state = .over
            return [.discardWork, .leave(.failed(Problem(what, at: settings.endpoint, remedy: remedy)))]
        case .finished(let result):
            guard unitsInHand.remove(result.unit) != nil else { return [] }
            unitsDone += 1
            return [.send(.result(result))]
        case .failed(let failure):
            guard unitsInHand.remove(failure.unit) != nil else { return [] }
            return [.send(.failure(failure))]
        case .hasData(let declaration):
            guard case .joined = state else { return [] }
            return [.send(.data(declaration))]
        case .leave(let reason):
            var actions: [Action] = []
            if case .joined = state { actions.append(.send(.goodbye(Goodbye(reason: reason)))) }
            state = .over
            return actions + [.leave(.done(reason))]
        case .tick: return tick(at: now)
        }
    }

    private mutating func receive(_ message: Message, at now: Double) -> [Action] {
        switch message {
        case .welcome(let welcome):
            if case .joined = state { return [] }
            state = .joined(run: welcome.run, heartbeatSeconds: welcome.heartbeatSeconds, timeoutSeconds: welcome.timeoutSeconds)
            // The difference of the clocks should be known soon: the first heartbeat goes at once, and the next with its answer.
            lastBeat = wallClock == nil ? now : -.infinity
            (beatsSent, answered) = ([], nil)
            joins += 1
            saidUnheard = false
            return [.configure(welcome), .log(.info, joins == 1 ? "joined" : "joined again", fields: [
                "run": welcome.run, "worker.name": welcome.name,
            ])]
        case .refused(let refused):
            if refused.code == .unknownPeer || refused.code == .wrongRun {
                // Knocking already, it has said so or is about to.
                guard case .joined = state else { return [] }
                return knockAgain("the coordinator no longer knew this worker", at: now)
            }
            if refused.code == .unknownKind {
                return [.log(.warning, "the coordinator is older and does not know a kind of message", fields: ["reason": refused.reason])]
            }
            // A message of its own arrived garbled: it counts as lost.
            if refused.code == .malformed || refused.code == .tooLarge, case .joined = state {
                return [.log(.warning, "a message was refused", fields: ["reason": refused.reason])]
            }
            if refused.code == .memory {
                return [.stopLending, .log(.warning, "tensors travel from now on", fields: ["reason": refused.reason])]
            }
            state = .over
            return [.leave(.failed(Problem("the coordinator refused: \(refused.reason)", at: settings.endpoint, remedy: refused.remedy)))]
        case .ended(let ended):
            state = .over
            // The coordinator waits for it, so that its end reaches everybody.
            let reason = ended.message.isEmpty || ended.message == ended.outcome.rawValue
                ? "the run is \(ended.outcome.rawValue)" : ended.message
            return [.discardWork, .send(.goodbye(Goodbye(reason: reason))), .leave(.done(reason))]
        case .parameters(let update):
            guard case .joined = state else { return [] }
            return [.store(update)]
        case .samples(let shipment):
            guard case .joined = state else { return [] }
            return [.prepare(shipment)]
        case .unit(let assignment):
            guard case .joined = state else { return [] }
            // Sent again since the coordinator thought it lost.
            guard unitsInHand.insert(assignment.id).inserted else { return [] }
            return [.begin(assignment)]
        case .acknowledgement(let acknowledgement):
            return switch acknowledgement.of {
            case .result: [.release(sequence: acknowledgement.sequence)]
            case .log: [.logsTaken(upTo: acknowledgement.sequence)]
            case .heartbeat: beatAnswered(acknowledgement.sequence, at: now)
            default: []
            }
        case .cancel(let cancellation):
            guard case .joined = state else { return [] }
            unitsInHand.remove(cancellation.unit)
            return [.drop(unit: cancellation.unit)]
        default: return [.log(.warning, "the coordinator sent what only a worker sends", fields: [:])]
        }
    }

    private mutating func tick(at now: Double) -> [Action] {
        switch state {
        case .knocking(let lastHello):
            if now - lastHeard >= settings.giveUpSeconds {
                state = .over
                return [.leave(.failed(Problem(
                    "no coordinator answered within \(Int(settings.giveUpSeconds)) s\(fault.map { ": \($0)" } ?? "")", at: settings.endpoint,
                    remedy: "start one there (filterscope coordinator RECIPE --bind …) or check the address")))]
            }
            if let lastHello, now - lastHello < settings.helloSeconds { return [] }
            if isConnected { return hello(at: now) + unheard(lastHello) }
            // Nothing to say hello over: what would be queued meanwhile would all arrive at once.
            state = .knocking(lastHello: now)
            return unheard(lastHello)
        case .joined(_, let heartbeat, let timeout):
            if now - lastHeard >= timeout { return knockAgain("the coordinator was silent for \(Int(timeout)) s", at: now) }
            guard now - lastBeat >= heartbeat else { return [] }
            lastBeat = now
            beats += 1
            let clock = wallClock.map { now + $0 }
            if let clock { beatsSent = beatsSent.suffix(7) + [(beats, clock)] }
            return [.send(.heartbeat(Heartbeat(
                sequence: beats, unit: unitsInHand.min(), lanesBusy: busyLanes, residentBytes: residentBytes, unitsDone: unitsDone,
                clock: clock, answered: answered)))]
        case .over: return []
        }
    }

    private mutating func beatAnswered(_ sequence: Int, at now: Double) -> [Action] {
        guard let wallClock, let beat = beatsSent.first(where: { $0.sequence == sequence }) else { return [] }
        beatsSent.removeAll { $0.sequence <= sequence }
        if answered == nil { lastBeat = -.infinity }
        answered = AnsweredHeartbeat(sequence: sequence, sent: beat.clock, received: now + wallClock)
        return []
    }

    private mutating func hello(at now: Double) -> [Action] {
        state = .knocking(lastHello: now)
        return [.send(.hello(Hello(
            name: settings.name, incarnation: incarnation, host: settings.host, pid: settings.pid, threads: settings.threads,
            fingerprint: settings.fingerprint, samplesAhead: true, memory: settings.memory,
            clock: wallClock.map { now + $0 })))]
    }

    /// Says once, at the second try, that nobody has answered.
    private mutating func unheard(_ lastHello: Double?) -> [Action] {
        guard lastHello != nil, !saidUnheard else { return [] }
        saidUnheard = true
        return [.log(.warning, "no answer yet; still trying", fields: [
            "endpoint": settings.endpoint, "give-up-seconds": String(Int(settings.giveUpSeconds)),
        ])]
    }

    private mutating func knockAgain(_ reason: String, at now: Double) -> [Action] {
        state = .knocking(lastHello: nil)
        lastHeard = now
        unitsInHand = []
        return [.discardWork, .log(.warning, "joining again", fields: ["reason": reason])]
    }
}
