import Coordination
import Messages

// What a worker's shell does.

extension Simulation {
    func arrive(_ incoming: SimulatedWorker.Incoming, at process: Int, over connection: Int?) {
        guard let worker = workers[process], worker.isAlive else { return }
        // What was under way on a connection that broke is lost.
        if let connection, !connections[connection].isOpen, !connections[connection].restArrivesAtWorker { return }
        if worker.frozenUntil != nil {
            worker.inbox.append(incoming)
        } else {
            workerHandles(incoming, worker)
        }
    }

    func workerHandles(_ incoming: SimulatedWorker.Incoming, _ worker: SimulatedWorker) {
        switch incoming {
        case .connected: perform(worker.machine.handle(.connected, at: now), of: worker)
        case .disconnected: perform(worker.machine.handle(.disconnected, at: now), of: worker)
        case .message(let parcel):
            if parcel.isGarbled {
                perform(worker.machine.handle(.garbled("noise"), at: now), of: worker)
            } else if worker.machine.hears(run: parcel.run) {
                say("    \(name(worker)) gets \(text(parcel.message))")
                perform(worker.machine.handle(.received(parcel.message), at: now), of: worker, value: parcel.value)
            }
        case .computed(let unit, let generation, let outcome):
            guard generation == worker.generation, worker.jobs.remove(unit) != nil else { return }
            switch outcome {
            case .result(let result): perform(worker.machine.handle(.finished(result), at: now), of: worker)
            case .failure(let failure): perform(worker.machine.handle(.failed(failure), at: now), of: worker)
            }
        }
    }

    /// - Parameter value: what the message carried that led to the actions.
    func perform(_ actions: [WorkerMachine.Action], of worker: SimulatedWorker, value: UInt64? = nil) {
        for action in actions {
            switch action {
            case .send(let message):
                let parcel = Parcel(run: worker.machine.isJoined ? worker.run : "", message: message)
                if let connection = worker.connection {
                    send(parcel, toCoordinatorOver: connection)
                } else if worker.outbox.count < 1000 {
                    worker.outbox.append(parcel)
                }
            case .configure(let welcome):
                worker.generation += 1
                worker.discardWork()
                worker.parameters = [:]
                worker.run = welcome.run
            case .store(let update): store(update, value ?? 0, at: worker)
            case .prepare(let shipment): worker.announced.insert(shipment.unit)
            case .drop(let unit):
                worker.announced.remove(unit)
                worker.jobs.remove(unit)
            case .begin(let unit): begin(unit, at: worker)
            case .discardWork:
                worker.generation += 1
                worker.discardWork()
            case .release, .stopLending, .logsTaken: break
            case .log(_, let text, let fields): say("    \(name(worker)): \(text) \(fields["reason"] ?? "")")
            case .leave(let departure):
                say("\(name(worker)) leaves: \(departure)")
                worker.isAlive = false
                let connection = worker.connection
                workers[worker.process] = nil
                if let connection {
                    // It hangs up when all is sent.
                    connections[connection].isOpen = false
                    connections[connection].restArrives = true
                }
                // Whoever looks after it starts it again, but for one that was set aside.
                if worker.slot != schedule.flippingSlot, worker.slot < schedule.workers {
                    queue.add(.startWorker(slot: worker.slot), at: now + 2)
                }
                return
            }
        }
        wake(worker)
    }

    func wake(_ worker: SimulatedWorker) {
        guard worker.isAlive, worker.frozenUntil == nil else { return }
        let deadline = max(now, worker.machine.nextDeadline)
        guard deadline < worker.tickAt, deadline.isFinite else { return }
        // The shell looks at its clock a little late.
        worker.tickAt = deadline + 0.001
        queue.add(.tickWorker(process: worker.process), at: worker.tickAt)
    }

    private func store(_ update: ParameterUpdate, _ value: UInt64, at worker: SimulatedWorker) {
        if let held = worker.parameters[update.set], held.version > update.version { return }
        // Memory that was written since it was announced is not taken.
        if schedule.neighbours.contains(worker.slot), coordinator?.published[update.set]?.version != update.version { return }
        worker.parameters[update.set] = SimulatedWorker.Held(version: update.version, value: value)
    }

    private func begin(_ unit: WorkUnit, at worker: SimulatedWorker) {
        guard case .train(let work) = unit.work else { return fail("a unit of another kind") }
        func lacks(_ what: String) {
            worker.jobs.insert(unit.id)
            arrive(.computed(unit: unit.id, generation: worker.generation, outcome: .failure(
                UnitFailure(unit: unit.id, what: what, retryable: true, lacking: true))), at: worker.process, over: nil)
        }
        let hasSamples = worker.announced.remove(unit.id) != nil || !unit.tensors.isEmpty
        guard hasSamples else { return lacks("samples are missing") }
        var held: [String: SimulatedWorker.Held] = [:]
        for needed in unit.needs {
            guard let own = worker.parameters[needed.set], own.version == needed.version else {
                return lacks("parameters \(needed.set) version \(needed.version) are not here")
            }
            held[needed.set] = own
        }
        worker.jobs.insert(unit.id)
        let slowness = now < worker.slowUntil ? worker.slowness : 1
        let shards = work.part.shards.count
        let laneSeconds = Double(shards) * schedule.shardSeconds * slowness * dice.uniform(0.9...1.1)
        let isUseless = worker.slot == schedule.uselessSlot && now < schedule.quietFrom
        let seconds = isUseless ? 0.002 : laneSeconds / Double(min(worker.threads, shards))
        worker.busyUntil = max(now, worker.busyUntil) + seconds
        let outcome = outcome(of: unit, work, held, laneSeconds, at: worker, isUseless: isUseless)
        queue.add(
            .toWorker(process: worker.process, connection: nil, .computed(unit: unit.id, generation: worker.generation, outcome: outcome)),
            at: worker.busyUntil)
    }

    private func outcome(
        of unit: WorkUnit, _ work: TrainUnit, _ held: [String: SimulatedWorker.Held], _ seconds: Double, at worker: SimulatedWorker,
        isUseless: Bool
    ) -> SimulatedWorker.Outcome {
        func failure(_ what: String, retryable: Bool = true) -> SimulatedWorker.Outcome {
            .failure(UnitFailure(unit: unit.id, what: what, retryable: retryable))
        }
        if isUseless { return failure("nothing works here") }
        if let trouble = schedule.trouble, !isTroubleMended, trouble.step == work.step,
            work.part.shards.contains(where: { $0.index == trouble.shard })
        {
            switch trouble.kind {
            case .poison:
                queue.add(.poisoned(process: worker.process), at: max(now, worker.busyUntil - 0.001))
            case .fails(let times) where troubleCount < times:
                troubleCount += 1
                return failure("boom")
            case .fails: break
            case .final: return failure("the sample is damaged", retryable: false)
            }
        }
        let value = held[ToyWork.changing]?.value ?? 0
        let fixed = held[ToyWork.fixed]?.value ?? ToyWork.fixedValue
        guard var sum = ToyWork.sum(work, value: value, fixed: fixed) else { return failure("no sum") }
        if worker.slot == schedule.flippingSlot, let tensor = sum.floats["sum"] {
            var tensor = tensor
            tensor[0] = Float(bitPattern: tensor[0].bitPattern ^ 1)
            sum.floats["sum"] = tensor
        }
        let tensors = sum.floats.map { WireTensor($0.key, $0.value) }
        return .result(UnitResult(
            unit: unit.id, seconds: seconds, figures: ["samples": Double(work.part.shards.count), "check": ToyWork.check(value, fixed)],
            tensors: tensors))
    }

    func text(_ message: Message) -> String {
        switch message {
        case .unit(let unit): "unit \(unit.id)"
        case .result(let result): "result \(result.unit)"
        case .failure(let failure): "failure \(failure.unit): \(failure.what)"
        case .parameters(let update): "parameters \(update.set) \(update.version)"
        case .refused(let refusal): "refused \(refusal.code.rawValue)"
        case .samples(let shipment): "samples \(shipment.unit)"
        case .cancel(let cancellation): "cancel \(cancellation.unit)"
        default: message.kind.rawValue
        }
    }
}
