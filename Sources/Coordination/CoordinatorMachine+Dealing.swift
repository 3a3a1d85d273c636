import Messages

// Which unit goes to whom, and when.
//
// Waiting units go out in the order of their numbers, each to the worker that will be done with it first by the speed that it
// showed lately. When none waits, idle workers get copies of units that are late. A unit that workers vanished with goes alone.

extension CoordinatorMachine {
    /// Seconds for which a worker's measured speed is believed: one that was slow gets another chance.
    private static let speedMemory = 60.0
    /// Workers that may hold a unit that is not audited.
    private static let copyLimit = 2

    mutating func deal() -> [Action] {
        if isPaused { return [] }
        var actions: [Action] = []
        while let (id, peer) = nextDeal() { actions += hand(id, to: peer) }
        if board.waiting.isEmpty { actions += dealLate() }
        return actions + dealAhead()
    }

    private mutating func hand(_ id: UInt64, to peer: PeerID) -> [Action] {
        let wantsMore = (board.open[id]?.copies.count ?? 0) + 1 < wanted(id)
        guard let worker = roster[peer], let unit = board.deal(id, to: peer, at: clock, wantsMore: wantsMore) else { return [] }
        let parameters = neededParameters(unit.assignment, for: worker)
        roster.update(peer) { $0.unitsInHand.append(id) }
        return parameters + [.deal(peer, unit.assignment, withSamples: worker.needsSamples(of: unit.assignment))]
    }

    /// The first waiting unit for which somebody has room, and who that is.
    private mutating func nextDeal() -> (UInt64, PeerID)? {
        guard !board.waiting.isEmpty, roster.workers.contains(where: \.hasRoom) else { return nil }
        for id in board.waiting {
            guard let unit = board.open[id] else { continue }
            guard unit.copies.count < wanted(id) else {
                board.stopWaiting(id)
                continue
            }
            if let peer = choice(for: unit) { return (id, peer) }
        }
        return nil
    }

    private func choice(for unit: UnitBoard.OpenUnit) -> PeerID? {
        let id = unit.assignment.id
        let able = roster.workers.filter { mayTake(unit, $0) }
        // Who may be frozen is not counted on while others are there.
        let lively = able.filter { clock < livelyUntil($0) }
        var candidates = (lively.isEmpty ? able : lively).filter(\.hasRoom)
        if candidates.isEmpty { candidates = able.filter(\.hasRoom) }
        guard !candidates.isEmpty else { return nil }
        if blame.isSuspect(id) {
            // Alone, and with one that has shown that it can work, where there is one.
            if roster.workers.contains(where: { $0.unitsDone > 0 && mayTake(unit, $0) }) {
                candidates.removeAll { $0.unitsDone == 0 }
            } else if board.waiting.contains(where: { !blame.isSuspect($0) }) {
                return nil
            }
            candidates.removeAll { !$0.unitsInHand.isEmpty }
        }
        guard let chosen = soonest(candidates, unit.assignment, backlog: { $0.unitsInHand }) else { return nil }
        // One that has no room now and will still be done in half the time is waited for.
        let full = lively.filter { !$0.hasRoom && recentSpeed($0) != nil }
        if let worker = roster[chosen], recentSpeed(worker) != nil, !blame.isSuspect(id) {
            let seconds = finishing(unit.assignment, worker, rate: recentSpeed(worker) ?? 0, backlog: worker.unitsInHand)
            if full.contains(where: { 2 * finishing(unit.assignment, $0, rate: recentSpeed($0) ?? 0, backlog: $0.unitsInHand) < seconds }) {
                return nil
            }
        }
        return chosen
    }

    private func livelyUntil(_ worker: RosterWorker) -> Double { worker.lastHeard + 3 * settings.heartbeatSeconds }

    /// Seconds until a worker is done with a unit on top of others.
    private func finishing(_ unit: WorkUnit, _ worker: RosterWorker, rate: Double, backlog: [UInt64]) -> Double {
        rate * Double(backlog.reduce(unit.work.size) { $0 + (board.open[$1]?.assignment.work.size ?? 0) })
    }

    /// Whether a unit may go to a worker at all: not to one that has it or has answered it, nor to one that lately failed at it
    /// while others are there; nor beside a suspect unit.
    private func mayTake(_ unit: UnitBoard.OpenUnit, _ worker: RosterWorker) -> Bool {
        let id = unit.assignment.id
        if worker.isDraining { return false }
        if unit.isHeld(by: worker.peer) || audit.answers(to: id).contains(where: { $0.worker.incarnation == worker.incarnation }) {
            return false
        }
        if worker.unitsInHand.contains(where: { blame.isSuspect($0) }) { return false }
        guard let rest = blame.restEnds(id, incarnation: worker.incarnation), rest > clock else { return true }
        return roster.workers.count == 1
    }

    /// Who will be done first with a unit on top of what it has.
    private func soonest(_ candidates: [RosterWorker], _ unit: WorkUnit, backlog: (RosterWorker) -> [UInt64]) -> PeerID? {
        guard candidates.count > 1 else { return candidates.first?.peer }
        let known = roster.workers.compactMap { worker in recentSpeed(worker).map { $0 * Double(worker.threads) } }.sorted()
        let usual = known.isEmpty ? 1 : known[known.count / 2]
        return candidates.map { worker in
            let rate = recentSpeed(worker) ?? usual / Double(worker.threads)
            return (worker.peer, finishing(unit, worker, rate: rate, backlog: backlog(worker)))
        }.min { $0.1 < $1.1 }?.0
    }

    private func recentSpeed(_ worker: RosterWorker) -> Double? {
        clock - worker.measuredAt <= Self.speedMemory ? worker.secondsPerShard : nil
    }

    /// Shards (or filters) per second of each worker present, for cutting a step; nil for one that has shown none lately.
    public var speeds: [Double?] { roster.workers.map { worker in recentSpeed(worker).map { 1 / $0 } } }

    // MARK: Late units

    /// Copies of late units for workers with empty hands.
    private mutating func dealLate() -> [Action] {
        guard settings.late.factor > 0, roster.workers.contains(where: { $0.unitsInHand.isEmpty }) else { return [] }
        var actions: [Action] = []
        for id in board.open.keys.sorted() {
            guard let unit = board.open[id], !unit.isAhead, !blame.isSuspect(id), let first = unit.copies.first,
                unit.copies.count < max(Self.copyLimit, wanted(id) + 1),
                late.isLate(unit.assignment.work, outFor: clock - first.dealtAt)
            else { continue }
            let idle = roster.workers.filter { $0.unitsInHand.isEmpty && mayTake(unit, $0) }
            guard let peer = soonest(idle, unit.assignment, backlog: { $0.unitsInHand }) else { continue }
            let holder = roster[first.peer]?.name ?? ""
            actions.append(.log(.info, "unit is late; another worker tries it too", unit: id, fields: [
                "worker.name": roster[peer]?.name ?? "", "late-worker.name": holder,
            ]))
            actions += hand(id, to: peer)
        }
        return actions
    }

    /// When a unit becomes late, may go to a worker again that failed at it, or a disagreement has waited long enough.
    var nextLateness: Double? {
        var times = audit.disputedSince.values.map { $0 + settings.audit.patienceSeconds }
        let someIdle = settings.late.factor > 0 && roster.workers.contains { $0.unitsInHand.isEmpty }
        if someIdle {
            for unit in board.open.values where !unit.isAhead {
                if let first = unit.copies.first { times.append(first.dealtAt + late.limit(of: unit.assignment.work)) }
            }
        }
        if !board.waiting.isEmpty { times += roster.workers.map(livelyUntil) }
        for id in board.waiting {
            for worker in roster.workers { if let rest = blame.restEnds(id, incarnation: worker.incarnation) { times.append(rest) } }
        }
        return times.filter { $0 > clock }.min()
    }

    /// A heartbeat tells the oldest unit that a worker has in hand. One older than that was lost on the way, or its answer was: it
    /// is sent again, which a worker that has it after all does not mind.
    /// - Parameter oldest: nil where it has none.
    mutating func remind(_ worker: RosterWorker, oldest: UInt64?) -> [Action] {
        var actions: [Action] = []
        for id in worker.unitsInHand where oldest.map({ id < $0 }) ?? true {
            guard let unit = board.open[id], let copy = unit.copies.first(where: { $0.peer == worker.peer }) else { continue }
            // Not while it may be on its way over a slow link.
            let patience = max(2 * settings.heartbeatSeconds, late.limit(of: unit.assignment.work))
            guard clock - copy.sentAt >= patience * Double(1 << min(copy.reminders, 6)) else { continue }
            board.remind(id, worker.peer, at: clock)
            actions.append(.log(.info, "unit or its result was lost; sent again", unit: id, fields: ["worker.name": worker.name]))
            actions += neededParameters(unit.assignment, for: roster[worker.peer] ?? worker)
            actions.append(.deal(worker.peer, unit.assignment, withSamples: worker.needsSamples(of: unit.assignment)))
        }
        return actions
    }

    // MARK: Ahead

    /// Sends samples of units that are not due, after all that is due.
    private mutating func dealAhead() -> [Action] {
        var actions: [Action] = []
        while settings.bytesAhead > 0, board.waiting.isEmpty, let next = board.nextAhead {
            let someLively = roster.workers.contains { clock < livelyUntil($0) }
            let candidates = roster.workers.filter { worker in
                worker.takesSamplesAhead && (clock < livelyUntil(worker) || !someLively)
                    && worker.unitsAhead.count < worker.capacity && mayTake(next, worker)
                    && (!worker.needsSamples(of: next.assignment) || worker.bytesAhead + next.sampleBytes <= settings.bytesAhead)
            }
            guard let peer = soonest(candidates, next.assignment, backlog: { $0.unitsAhead }), let worker = roster[peer],
                let unit = board.deal(next.assignment.id, to: peer, at: clock)
            else { break }
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
    mutating func neededParameters(_ unit: WorkUnit, for worker: RosterWorker) -> [Action] {
        var actions: [Action] = []
        for needed in unit.needs where worker.parameterVersions[needed.set] != needed.version {
            actions.append(.sendParameters(worker.peer, needed))
            roster.update(worker.peer) { $0.parameterVersions[needed.set] = needed.version }
        }
        return actions
    }
}
