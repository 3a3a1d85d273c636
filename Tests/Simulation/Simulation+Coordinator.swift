import Coordination
import Messages
import Tensors

/// The coordinator process: the real machine, and of the shell what cuts, adds up and keeps.
final class SimulatedCoordinator {
    struct Work {
        let step: Int
        let units: [WorkUnit]
        let nodes: [UInt64: TreeNode]
        let workers: Int
    }

    var machine: CoordinatorMachine
    let run: String
    var step: Int
    var value: UInt64
    var published: [String: SimulatedWorker.Held] = [:]
    var nextVersion: UInt64 = 1
    var nextUnit: UInt64
    var work: Work?
    var following: Work?
    var reducer: TreeReducer?
    var missing: Set<UInt64> = []
    var completed: [(unit: WorkUnit, result: UnitResult)] = []
    var hasBegun = false
    var tickAt = Double.infinity

    init(_ settings: CoordinatorMachine.Settings, step: Int, value: UInt64, firstUnit: UInt64) {
        machine = CoordinatorMachine(settings)
        run = settings.run
        self.step = step
        self.value = value
        nextUnit = firstUnit
    }
}

extension Simulation {
    func startCoordinator() {
        guard coordinator == nil, !isOver else { return }
        session += 1
        say("coordinator \(session) starts at step \(checkpoint.step)")
        let made = SimulatedCoordinator(
            CoordinatorMachine.Settings(
                run: "run-\(session)", task: "{}", fingerprint: "f", heartbeatSeconds: Schedule.heartbeatSeconds,
                timeoutSeconds: Schedule.timeoutSeconds, unitAttempts: schedule.unitAttempts, bytesAhead: schedule.sendsAhead ? 100 : 0,
                late: LateUnitSettings(factor: schedule.lateFactor),
                audit: AuditSettings(share: schedule.auditShare, seed: schedule.seed)),
            step: checkpoint.step, value: checkpoint.value, firstUnit: highestUnit + 1)
        coordinator = made
        if schedule.hasFixedSet { _ = publish(ToyWork.fixed, ToyWork.fixedValue) }
        wakeCoordinator()
    }

    func killCoordinator(downSeconds: Double) {
        guard coordinator != nil else { return }
        say("the coordinator dies")
        noteAudits()
        coordinator = nil
        session += 1
        for number in connections.indices where connections[number].isOpen { breakConnection(number, coordinatorIsGone: true) }
        queue.add(.startCoordinator, at: now + downSeconds)
    }

    func arrive(_ parcel: Parcel, from number: Int) {
        guard let coordinator, connections[number].session == session, connections[number].isOpen || connections[number].restArrives else {
            return
        }
        let peer = peer(number)
        if parcel.isGarbled { return coordinatorHandles(.garbled(peer, "noise")) }
        guard parcel.run.isEmpty || parcel.run == coordinator.run else { return coordinatorHandles(.ofAnotherRun(peer)) }
        if parcel.message.kind != .heartbeat { say("coordinator gets \(text(parcel.message)) from \(number)") }
        if case .result(let result) = parcel.message, coordinator.machine.isAudited(result.unit) {
            return coordinatorHandles(.audited(peer, result, result.digest))
        }
        coordinatorHandles(.received(peer, parcel.message))
    }

    func coordinatorHandles(_ event: CoordinatorMachine.Event) {
        guard let coordinator else { return }
        act(coordinator.machine.handle(event, at: now))
    }

    func act(_ actions: [CoordinatorMachine.Action]) {
        guard let coordinator else { return }
        for action in actions {
            switch action {
            case .send(let peer, let message): send(message, to: peer)
            case .deal(let peer, var unit, let withSamples):
                if withSamples { unit.tensors = Self.samples }
                send(.unit(unit), to: peer)
            case .sendSamples(let peer, let unit, let withSamples):
                send(.samples(SampleShipment(unit: unit.id, work: unit.work, tensors: withSamples ? Self.samples : [])), to: peer)
            case .sendParameters(let peer, let reference):
                guard let held = coordinator.published[reference.set], held.version == reference.version else {
                    return fail("a unit needs \(reference.set) \(reference.version), which is not current")
                }
                send(.parameters(ParameterUpdate(set: reference.set, version: reference.version, tensors: [])), to: peer, value: held.value)
            case .completed(let unit, let result, _, _): coordinator.completed.append((unit, result))
            case .joined(let worker): checkRoster(worker)
            case .left(let worker, let reason, _): say("coordinator: \(worker.name) left: \(reason)")
            case .gaveUp(let unit, let causes): return pause(unit, causes)
            case .log(_, let text, let unit, let fields):
                say("coordinator: \(text)\(unit.map { " (unit \($0))" } ?? "") \(fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))")
            case .records, .statusRequested, .logsRequested, .stopRequested: break
            }
        }
        takeResults()
        wakeCoordinator()
    }

    private static let samples = [WireTensor("samples", [1], int64s: [0])]

    private func wakeCoordinator() {
        guard let coordinator else { return }
        if !coordinator.hasBegun, coordinator.machine.workers.count >= (schedule.flippingSlot == nil ? 1 : schedule.workers) {
            coordinator.hasBegun = true
            queue.add(.nextStep(session: session), at: now)
        }
        guard let deadline = coordinator.machine.nextDeadline else { return }
        let time = max(now, deadline) + 0.001
        guard time < coordinator.tickAt else { return }
        coordinator.tickAt = time
        queue.add(.tickCoordinator, at: time)
    }

    private func send(_ message: Message, to peer: PeerID, value: UInt64? = nil) {
        guard let coordinator else { return }
        let number = connection(peer)
        guard connections[number].isOpen else {
            return queue.add(.unreachable(session: session, connection: number), at: now + 0.001)
        }
        send(Parcel(run: coordinator.run, message: message, value: value), toWorkerOver: number)
    }

    // MARK: Steps

    private func publish(_ set: String, _ value: UInt64) -> ParameterReference {
        guard let coordinator else { return ParameterReference(set: set, version: 0) }
        defer { coordinator.nextVersion += 1 }
        coordinator.published[set] = SimulatedWorker.Held(version: coordinator.nextVersion, value: value)
        return ParameterReference(set: set, version: coordinator.nextVersion)
    }

    private func cut(_ step: Int, _ coordinator: SimulatedCoordinator) -> SimulatedCoordinator.Work {
        let tree = ReductionTree(leafCount: schedule.shards)
        let workers = coordinator.machine.workers.count
        var units: [WorkUnit] = []
        var nodes: [UInt64: TreeNode] = [:]
        for node in UnitCut(tree, speeds: coordinator.machine.speeds).nodes(unitsPerWorker: schedule.unitsPerWorker) {
            let slices = tree.leaves(of: node).map { ShardSlice(index: $0, sampleIndices: [$0]) }
            let part = TreePart(node: node, shardCount: schedule.shards, shards: slices)
            let unit = WorkUnit(
                id: coordinator.nextUnit, needs: [],
                work: .train(TrainUnit(step: step, epoch: 0, batchCount: schedule.shards, seed: 1, augment: false, part: part)))
            coordinator.nextUnit += 1
            nodes[unit.id] = node
            units.append(unit)
        }
        return SimulatedCoordinator.Work(step: step, units: units, nodes: nodes, workers: workers)
    }

    func beginStep() {
        guard let coordinator, !isOver else { return }
        var work = coordinator.following
        coordinator.following = nil
        if let made = work, made.workers != coordinator.machine.workers.count {
            act(coordinator.machine.withdraw(made.units.map(\.id)))
            work = nil
        }
        let chosen = work ?? cut(coordinator.step, coordinator)
        coordinator.work = chosen
        coordinator.reducer = TreeReducer(ReductionTree(leafCount: schedule.shards))
        coordinator.missing = Set(chosen.units.map(\.id))
        var needs = [publish(ToyWork.changing, coordinator.value)]
        if let fixed = coordinator.published[ToyWork.fixed] { needs.insert(ParameterReference(set: ToyWork.fixed, version: fixed.version), at: 0) }
        say("step \(coordinator.step) begins with units \(chosen.units.map(\.id)), parameters \(needs.map(\.version))")
        act(coordinator.machine.submit(chosen.units.map { WorkUnit(id: $0.id, needs: needs, work: $0.work) }, at: now))
        guard schedule.sendsAhead, coordinator.step + 1 < schedule.steps, self.coordinator === coordinator, coordinator.work != nil else {
            return
        }
        let following = cut(coordinator.step + 1, coordinator)
        coordinator.following = following
        act(coordinator.machine.prepare(following.units.map { ($0, 10) }))
    }

    private func takeResults() {
        guard let coordinator else { return }
        let completed = coordinator.completed
        coordinator.completed = []
        for (unit, result) in completed {
            guard coordinator.missing.remove(unit.id) != nil, let node = coordinator.work?.nodes[unit.id] else {
                return fail("unit \(unit.id) counted twice, or was not asked for")
            }
            if result.figures["check"] != ToyWork.check(coordinator.value, ToyWork.fixedValue) {
                return fail("unit \(unit.id) was computed with other parameters")
            }
            guard let tensor = result.tensors.first, let floats = try? tensor.floats() else { return fail("a result without its sum") }
            coordinator.reducer?.add(PartialSum(floats: ["sum": Tensor([floats.count], floats)]), at: node)
            highestUnit = max(highestUnit, unit.id)
        }
        if !completed.isEmpty, coordinator.missing.isEmpty { endStep(coordinator) }
    }

    private func endStep(_ coordinator: SimulatedCoordinator) {
        guard let total = coordinator.reducer?.takeTotal()?.floats["sum"] else { return fail("the tree was not completed") }
        noteAudits()
        coordinator.value = ToyWork.next(coordinator.value, sum: total.array)
        coordinator.work = nil
        coordinator.step += 1
        if coordinator.value != expected[coordinator.step] {
            // A worker that computes wrongly while nobody else is there cannot be caught.
            guard schedule.flippingSlot == nil || lapsedAudits == 0 else { return isOver = true }
            return fail("the sum of step \(coordinator.step - 1) is not the undisturbed one")
        }
        checkTables(coordinator)
        if coordinator.step == schedule.steps {
            say("the run is finished")
            act(coordinator.machine.finish(RunEnd(outcome: .finished, message: "")))
            isOver = true
            if let slot = schedule.flippingSlot, lapsedAudits == 0, slots[slot].flatMap({ workers[$0] }) != nil,
                coordinator.machine.workers.contains(where: { $0.name == "w\(slot)" && $0.unitsDone > 2 })
            {
                fail("the worker that flips bits was not found")
            }
            return
        }
        if coordinator.step % schedule.checkpointEvery == 0 { checkpoint = (coordinator.step, coordinator.value) }
        queue.add(.nextStep(session: session), at: now + 0.01)
    }

    // MARK: Pauses

    private func pause(_ unit: WorkUnit, _ causes: [String]) {
        say("the run pauses over unit \(unit.id): \(causes)")
        pauses += 1
        guard case .train(let work) = unit.work, let coordinator else { return }
        let isTroubled = schedule.trouble.map { trouble in
            trouble.step == work.step && work.part.shards.contains { $0.index == trouble.shard } && !isTroubleMended
        } ?? false
        guard isTroubled || schedule.uselessSlot != nil || schedule.flippingSlot != nil else {
            return fail("unit \(unit.id) was given up and nothing is wrong with it: \(causes)")
        }
        guard !causes.isEmpty, pauses < 50 else { return fail("a pause without a cause, or ever again") }
        if isTroubled { isTroubleMended = true }
        // A state between two steps is kept, and the run goes on from it.
        checkpoint = (coordinator.step, coordinator.value)
        act(coordinator.machine.finish(RunEnd(outcome: .interrupted, message: "")))
        killCoordinator(downSeconds: 1)
    }

    private func noteAudits() { lapsedAudits += coordinator?.machine.auditTally.lapsed ?? 0 }

    // MARK: Invariants

    private func checkRoster(_ joined: RosterWorker) {
        guard let roster = coordinator?.machine.workers else { return }
        say("coordinator: \(joined.name) joined from \(connection(joined.peer))")
        if Set(roster.map(\.incarnation)).count < roster.count { fail("a process was admitted twice") }
        if Set(roster.map(\.name)).count < roster.count || Set(roster.map(\.peer)).count < roster.count { fail("a name or a peer stands twice") }
    }

    private func checkTables(_ coordinator: SimulatedCoordinator) {
        let sizes = coordinator.machine.tableSizes
        let following = coordinator.following?.units.count ?? 0
        if sizes["units"] ?? 0 > following { fail("units stay open after their step: \(sizes)") }
        if sizes["blame"] ?? 0 > following || sizes["audit"] ?? 0 > 0 { fail("tables keep what is over: \(sizes)") }
        if sizes["workers"] ?? 0 > connections.count { fail("more workers than connections") }
        for worker in coordinator.machine.workers where !worker.unitsInHand.isEmpty { fail("\(worker.name) still has \(worker.unitsInHand) in hand") }
    }
}
