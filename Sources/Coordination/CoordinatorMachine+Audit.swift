import Diagnostics
import Messages

// Units that two workers compute; see `AuditDesk`.

extension CoordinatorMachine {
    /// How many workers should have a unit in hand now.
    func wanted(_ id: UInt64) -> Int { board.open[id]?.isAhead == true ? 1 : audit.missing(id) }

    /// An audited unit was answered: it counts when two agree.
    mutating func judge(_ answer: AuditDesk.Answer) -> [Action] {
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
    mutating func lapsedAudits() -> [Action] {
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
            if count.passesPowerOfTen(since: count - 1) {
                actions.append(.log(.warning, "no second worker to audit a unit; it counts unaudited", unit: id, fields: [
                    "unaudited-units": String(count),
                ]))
            }
        }
        return actions
    }

    /// A disagreement that nobody comes to decide ends the run for now.
    mutating func giveUpDisputes() -> [Action] {
        var actions: [Action] = []
        for (id, since) in audit.disputedSince.sorted(by: { $0.key < $1.key }) {
            guard clock - since >= settings.audit.patienceSeconds, board.open[id]?.copies.isEmpty == true else { continue }
            let workers = audit.answers(to: id).map { "\($0.worker.name) on \($0.worker.host)" }.joined(separator: ", ")
            actions += giveUp(id, causes: ["no two of these workers agree on it: \(workers); and no other came within \(Int(settings.audit.patienceSeconds)) s to decide"])
        }
        return actions
    }

    static func setAside(_ reason: String) -> Refusal {
        Refusal(code: .setAside, reason: reason, remedy: "check that machine's memory and processor")
    }

    /// A worker whose results differ from what two others agree on computes no more.
    mutating func setAside(_ odd: AuditDesk.Answer, unit: UInt64) -> [Action] {
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
