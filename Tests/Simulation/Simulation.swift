import Coordination
import Messages

/// A cluster without sockets, clocks or threads: the real machines of coordinator and workers, a network that loses, delays,
/// repeats and garbles, and processes that die, freeze and come back. One seed, one course of events.
public final class Simulation {
    public struct Outcome: Sendable {
        /// What must never happen and did; nil where all was well.
        public let violation: String?
        /// Simulated seconds.
        public let seconds: Double
        public let messages: Int
        /// How often the run paused, and went on.
        public let pauses: Int
        public let lapsedAudits: Int
    }

    enum Event {
        case toCoordinator(connection: Int, Parcel)
        case toWorker(process: Int, connection: Int?, SimulatedWorker.Incoming)
        case unreachable(session: Int, connection: Int)
        case processEnded(session: Int, process: Int)
        case connect(process: Int)
        case tickCoordinator
        case tickWorker(process: Int)
        case nextStep(session: Int)
        case startCoordinator
        case startWorker(slot: Int)
        case thaw(process: Int)
        case poisoned(process: Int)
        case fault(Schedule.Fault)
        case quiet
    }

    struct Connection {
        let process: Int
        let session: Int
        var isOpen = true
        /// Whether what the worker had sent still arrives after the connection broke.
        var restArrives = false
        /// The same of what the coordinator had sent, which ZeroMQ does not do.
        var restArrivesAtWorker = false
        /// Until when nothing passes.
        var cutUntil = 0.0
        var lastToCoordinator = 0.0
        var lastToWorker = 0.0
    }

    let schedule: Schedule
    let expected: [UInt64]
    var dice: Dice
    var now = 0.0
    var queue = EventQueue<Event>()
    var connections: [Connection] = []
    var workers: [Int: SimulatedWorker] = [:]
    /// The process in each slot.
    var slots: [Int: Int] = [:]
    var nextProcess = 1
    var coordinator: SimulatedCoordinator?
    var session = 0
    /// What outlives the coordinator: its newest checkpoint and the journal's highest unit.
    var checkpoint: (step: Int, value: UInt64)
    var highestUnit: UInt64 = 0
    var troubleCount = 0
    var isTroubleMended = false
    var pauses = 0
    var lapsedAudits = 0
    var messageCount = 0
    var violation: String?
    var isOver = false
    let trace: ((String) -> Void)?

    /// - Parameter trace: told of everything that happens.
    public init(_ schedule: Schedule, trace: ((String) -> Void)? = nil) {
        self.schedule = schedule
        self.trace = trace
        dice = Dice(seed: Dice.mixed(schedule.seed ^ 0xFACE))
        expected = ToyWork.undisturbed(steps: schedule.steps, shards: schedule.shards)
        checkpoint = (0, ToyWork.firstValue)
    }

    public static func run(_ schedule: Schedule, trace: ((String) -> Void)? = nil) -> Outcome { Simulation(schedule, trace: trace).run() }

    /// When the run must have ended: all its work by one worker alone, and time for what was lost to be missed.
    private var bound: Double {
        let work = Double(schedule.steps * schedule.shards) * schedule.shardSeconds
        return schedule.quietFrom + 60 + 25 * Schedule.timeoutSeconds + 6 * work
    }

    public func run() -> Outcome {
        startCoordinator()
        for slot in 0..<schedule.workers { queue.add(.startWorker(slot: slot), at: dice.uniform(0...0.3)) }
        for (time, fault) in schedule.faults { queue.add(.fault(fault), at: time) }
        queue.add(.quiet, at: schedule.quietFrom)
        while !isOver, violation == nil, let (time, event) = queue.next() {
            now = max(now, time)
            guard now <= bound else {
                fail("the run stands at step \(coordinator?.step ?? -1) of \(schedule.steps) \(Int(bound - schedule.quietFrom)) s after the last fault")
                break
            }
            handle(event)
        }
        if !isOver { fail("nothing happens any more") }
        return Outcome(violation: violation, seconds: now, messages: messageCount, pauses: pauses, lapsedAudits: lapsedAudits)
    }

    func fail(_ what: String) {
        guard violation == nil else { return }
        violation = what
        say("VIOLATION: \(what)")
    }

    func say(_ text: @autoclosure () -> String) {
        guard let trace else { return }
        let thousandths = Int((now * 1000).rounded())
        trace("\(thousandths / 1000).\(String(1000 + thousandths % 1000).dropFirst())  \(text())")
    }

    private func handle(_ event: Event) {
        switch event {
        case .toCoordinator(let connection, let parcel): arrive(parcel, from: connection)
        case .toWorker(let process, let connection, let incoming): arrive(incoming, at: process, over: connection)
        case .unreachable(let session, let connection):
            guard session == self.session else { return }
            coordinatorHandles(.unreachable(peer(connection)))
        case .processEnded(let session, let process):
            guard session == self.session else { return }
            coordinatorHandles(.processEnded(pid: process, reason: "its process ended"))
        case .connect(let process): connect(process)
        case .tickCoordinator:
            guard let coordinator, coordinator.tickAt <= now + 1e-9 else { return }
            coordinator.tickAt = .infinity
            coordinatorHandles(.tick)
        case .tickWorker(let process):
            guard let worker = workers[process], worker.isAlive, worker.tickAt <= now + 1e-9 else { return }
            worker.tickAt = .infinity
            guard worker.frozenUntil == nil else { return }
            perform(worker.machine.handle(.tick, at: now), of: worker)
        case .nextStep(let session):
            guard session == self.session else { return }
            beginStep()
        case .startCoordinator: startCoordinator()
        case .startWorker(let slot): startWorker(slot)
        case .thaw(let process): thaw(process)
        case .poisoned(let process):
            guard let worker = workers[process] else { return }
            kill(worker)
            queue.add(.startWorker(slot: worker.slot), at: now + dice.uniform(0.5...3))
        case .fault(let fault): befall(fault)
        case .quiet: quieten()
        }
    }

    // MARK: Network

    func peer(_ connection: Int) -> PeerID { PeerID((0..<4).map { UInt8(truncatingIfNeeded: connection >> (8 * $0)) }) }
    func connection(_ peer: PeerID) -> Int { peer.bytes.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) } }

    private func connect(_ process: Int) {
        guard let worker = workers[process], worker.isAlive, worker.connection == nil else { return }
        guard coordinator != nil else { return queue.add(.connect(process: process), at: now + 0.2) }
        connections.append(Connection(process: process, session: session))
        let number = connections.count - 1
        worker.connection = number
        say("\(name(worker)) is connected as \(number)")
        // What waited goes first.
        let waiting = worker.outbox
        worker.outbox = []
        for parcel in waiting { send(parcel, toCoordinatorOver: number) }
        arrive(.connected, at: process, over: nil)
    }

    func breakConnection(_ number: Int, coordinatorIsGone: Bool = false) {
        guard connections[number].isOpen else { return }
        connections[number].isOpen = false
        connections[number].restArrives = !coordinatorIsGone && dice.chance(0.5)
        connections[number].restArrivesAtWorker = schedule.losses.reorder > 0 && dice.chance(0.5)
        guard let worker = workers[connections[number].process], worker.isAlive, worker.connection == number else { return }
        say("connection \(number) of \(name(worker)) breaks")
        worker.connection = nil
        // What had come and was not read is gone with it.
        if dice.chance(0.5) {
            worker.inbox.removeAll { if case .message = $0 { true } else { false } }
        }
        queue.add(.toWorker(process: worker.process, connection: nil, .disconnected), at: now + dice.uniform(0.001...0.05))
        queue.add(.connect(process: worker.process), at: now + dice.uniform(0.1...0.5))
    }

    func send(_ parcel: Parcel, toCoordinatorOver number: Int) {
        transmit(parcel, over: number) { time, parcel in queue.add(.toCoordinator(connection: number, parcel), at: time) } line: {
            connections[number].lastToCoordinator = max(connections[number].lastToCoordinator, $0)
            return connections[number].lastToCoordinator
        }
    }

    func send(_ parcel: Parcel, toWorkerOver number: Int) {
        let process = connections[number].process
        transmit(parcel, over: number) { time, parcel in
            queue.add(.toWorker(process: process, connection: number, .message(parcel)), at: time)
        } line: {
            connections[number].lastToWorker = max(connections[number].lastToWorker, $0)
            return connections[number].lastToWorker
        }
    }

    /// - Parameter line: puts a message behind those that were sent before it.
    private func transmit(_ parcel: Parcel, over number: Int, arrives: (Double, Parcel) -> Void, line: (Double) -> Double) {
        var parcel = parcel
        messageCount += 1
        var time = max(now, connections[number].cutUntil) + 0.0005 + dice.uniform() * 0.002
        if let point = schedule.point, point.message == messageCount {
            say("fault at message \(messageCount): \(point.fault)")
            let slot = workers[connections[number].process]?.slot ?? 0
            switch point.fault {
            case .drop: return
            case .delay: return arrives(now + 12, parcel)
            case .duplicate: arrives(now + 1.5, parcel)
            case .garble: parcel.isGarbled = true
            case .breakConnection: queue.add(.fault(.breakConnection(slot: slot)), at: now)
            case .killWorker: queue.add(.fault(.kill(slot: slot, restartAfter: 1)), at: now)
            case .freezeWorker: queue.add(.fault(.freeze(slot: slot, seconds: 14)), at: now)
            case .killCoordinator: queue.add(.fault(.killCoordinator(downSeconds: 2)), at: now)
            }
        }
        let losses = schedule.losses
        if now < schedule.quietFrom {
            if dice.chance(losses.drop) { return say("lost: \(parcel.message.kind.rawValue)") }
            if dice.chance(losses.breakConnection) { breakConnection(number) }
            if dice.chance(losses.garble) { parcel.isGarbled = true }
            if dice.chance(losses.duplicate) { arrives(time + dice.uniform(0...3), parcel) }
            if dice.chance(losses.reorder) { return arrives(time + dice.uniform(0...5), parcel) }
            if dice.chance(losses.delay) { time += dice.uniform(0...8) }
        }
        arrives(line(time), parcel)
    }

    // MARK: Faults

    private func process(in slot: Int) -> SimulatedWorker? {
        slots[slot].flatMap { workers[$0] }.flatMap { $0.isAlive ? $0 : nil }
    }

    func name(_ worker: SimulatedWorker) -> String { "w\(worker.slot)/\(worker.process)" }

    private func befall(_ fault: Schedule.Fault) {
        say("fault: \(fault)")
        switch fault {
        case .kill(let slot, let restartAfter):
            guard let worker = process(in: slot) else { return }
            kill(worker)
            queue.add(.startWorker(slot: slot), at: now + restartAfter)
        case .freeze(let slot, let seconds):
            guard let worker = process(in: slot), worker.frozenUntil == nil else { return }
            worker.frozenUntil = now + seconds
            queue.add(.thaw(process: worker.process), at: now + seconds)
            // The other side's heartbeats may give it up meanwhile.
            if seconds > 8, dice.chance(0.5), let connection = worker.connection { breakConnection(connection) }
        case .slow(let slot, let factor, let seconds):
            guard let worker = process(in: slot) else { return }
            worker.slowness = factor
            worker.slowUntil = min(now + seconds, schedule.quietFrom)
        case .breakConnection(let slot):
            if let connection = process(in: slot)?.connection { breakConnection(connection) }
        case .cut(let slot, let seconds):
            guard let connection = process(in: slot)?.connection else { return }
            connections[connection].cutUntil = now + seconds
        case .leave(let slot, let returnAfter):
            guard let worker = process(in: slot), worker.frozenUntil == nil else { return }
            perform(worker.machine.handle(.leave("asked to"), at: now), of: worker)
            queue.add(.startWorker(slot: slot), at: now + returnAfter)
        case .join(let slot): startWorker(slot)
        case .killCoordinator(let downSeconds): killCoordinator(downSeconds: downSeconds)
        }
    }

    /// Faults cease: whoever lies dead is started, as somebody would.
    private func quieten() {
        say("faults cease")
        for slot in 0..<schedule.workers where process(in: slot) == nil { startWorker(slot) }
    }

    func kill(_ worker: SimulatedWorker) {
        guard worker.isAlive else { return }
        say("\(name(worker)) dies")
        worker.isAlive = false
        workers[worker.process] = nil
        if let connection = worker.connection { breakConnection(connection) }
        if coordinator != nil, dice.chance(0.5) {
            queue.add(.processEnded(session: session, process: worker.process), at: now + dice.uniform(0.01...0.3))
        }
    }

    private func startWorker(_ slot: Int) {
        guard process(in: slot) == nil, !isOver else { return }
        let worker = SimulatedWorker(
            slot: slot, process: nextProcess, threads: schedule.threads[min(slot, schedule.threads.count - 1)], at: now)
        nextProcess += 1
        slots[slot] = worker.process
        workers[worker.process] = worker
        say("\(name(worker)) starts")
        queue.add(.connect(process: worker.process), at: now + 0.02)
        wake(worker)
    }

    private func thaw(_ process: Int) {
        guard let worker = workers[process], worker.isAlive, worker.frozenUntil != nil else { return }
        say("\(name(worker)) thaws")
        worker.frozenUntil = nil
        let inbox = worker.inbox
        worker.inbox = []
        // It may have stood anywhere in its loop.
        if dice.chance(0.5) { perform(worker.machine.handle(.tick, at: now), of: worker) }
        for incoming in inbox where worker.isAlive { workerHandles(incoming, worker) }
        wake(worker)
    }
}
