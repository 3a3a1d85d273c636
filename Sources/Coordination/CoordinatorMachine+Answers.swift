import Diagnostics
import Messages
import Tensors

// What becomes of units: results, failures, units dealt again or set aside.

extension CoordinatorMachine {
    mutating func complete(_ result: UnitResult, _ worker: RosterWorker, _ digest: Digest?, at now: Double) -> [Action] {
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
    mutating func close(_ result: UnitResult, by worker: RosterWorker) -> [Action] {
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

    mutating func cancel(_ id: UInt64, at peer: PeerID) -> [Action] {
        guard let worker = roster[peer], worker.unitsInHand.contains(id) else { return [] }
        roster.update(peer) { $0.unitsInHand.removeAll { $0 == id } }
        return [.send(peer, .cancel(UnitCancellation(unit: id)))] + dismissIfDrained(peer)
    }

    mutating func fail(_ failure: UnitFailure, _ worker: RosterWorker, at now: Double) -> [Action] {
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
        let what = failure.what.onOneLine(to: 2000)
        let isForgiven = failure.lacking == true && failure.retryable && blame.lacked(failure.unit)
        if !isForgiven {
            roster.update(worker.peer) { $0.failures += 1 }
            blame.failed(failure.unit, incarnation: worker.incarnation, at: clock)
        }
        let log = Action.log(
            isForgiven ? .info : .warning, "unit failed", unit: failure.unit, fields: ["worker.name": worker.name, "cause": what])
        let actions = [log] + putBack(
            failure.unit, from: worker.peer, cause: isForgiven ? nil : "\(worker.name): \(what)", final: !failure.retryable)
        return actions + dismissIfDrained(worker.peer) + deal()
    }

    /// One who held a unit holds it no more. It goes to another, unless it came to nothing too often.
    /// - Parameter cause: why it came to nothing; nil where that is nobody's fault.
    mutating func putBack(_ id: UInt64, from peer: PeerID, cause: String?, final: Bool = false) -> [Action] {
        guard let unit = board.release(id, from: peer, cause: cause) else { return [] }
        if final || (unit.copies.isEmpty && blame.attempts(id) >= settings.unitAttempts) { return giveUp(id, causes: unit.causes) }
        if unit.copies.count < wanted(id) { board.wait(id) }
        guard let cause else { return [] }
        return [.log(.warning, "unit is dealt again", unit: id, fields: ["cause": cause, "attempts": String(unit.attempts)])]
    }

    mutating func giveUp(_ id: UInt64, causes: [String]) -> [Action] {
        guard let unit = board.close(id) else { return [] }
        blame.close(id)
        audit.close(id)
        return unit.copies.flatMap { cancel(id, at: $0.peer) } + [.gaveUp(unit.assignment, causes: causes)]
    }
}
