import Diagnostics
import Messages

// What an operator may ask of a coordinator.

extension CoordinatorMachine {
    mutating func obey(_ command: Command, from peer: PeerID) -> [Action] {
        guard ended == nil else { return [.send(peer, .refused(Refusal(code: .runOver, reason: "the run is over")))] }
        switch command.action {
        case .pause: return pause(peer)
        case .resume: return resume(peer)
        case .stop:
            return [
                reply(.stop, "the step under way is finished and a checkpoint written; --resume goes on from it", to: peer),
                log("stopped by an operator", peer), .stopRequested,
            ]
        case .drain: return drain(command.worker ?? "", peer)
        }
    }

    private mutating func pause(_ peer: PeerID) -> [Action] {
        guard !isPaused else { return [reply(.pause, "paused already", to: peer)] }
        isPaused = true
        let count = roster.workers.reduce(0) { $0 + $1.unitsInHand.count }
        return [
            reply(.pause, "no more units are dealt out; \(count) in hand are finished", to: peer), log("paused by an operator", peer),
        ]
    }

    private mutating func resume(_ peer: PeerID) -> [Action] {
        guard isPaused else { return [reply(.resume, "not paused", to: peer)] }
        isPaused = false
        let units = heldBack
        heldBack = []
        return [reply(.resume, "units are dealt out again", to: peer), log("resumed by an operator", peer)] + submit(units)
    }

    private mutating func drain(_ name: String, _ peer: PeerID) -> [Action] {
        guard let worker = roster.workers.first(where: { $0.name == name }) else {
            let names = roster.workers.map(\.name)
            let remedy = names.isEmpty ? "no worker is present" : "present are \(names.prefix(20).joined(separator: ", "))"
            return [.send(peer, .refused(Refusal(code: .unknownWorker, reason: "no worker \"\(name)\" is present", remedy: remedy)))]
        }
        roster.update(worker.peer) { worker in
            worker.isDraining = true
            worker.unitsAhead = []
            worker.bytesAhead = 0
        }
        drained.insert(worker.incarnation)
        var actions = [
            reply(.drain, "\(name) gets no more units and leaves when the \(worker.unitsInHand.count) in hand are finished", to: peer),
            log("drained by an operator", peer, ["worker.name": name]),
        ]
        for unit in worker.unitsAhead where board.release(unit, from: worker.peer) != nil {
            board.wait(unit)
            actions.append(.send(worker.peer, .cancel(UnitCancellation(unit: unit))))
        }
        return actions + dismissIfDrained(worker.peer) + deal()
    }

    /// Tells a drained worker that has answered everything that it can go. It answers with goodbye.
    func dismissIfDrained(_ peer: PeerID) -> [Action] {
        guard let worker = roster[peer], worker.isDraining, worker.unitsInHand.isEmpty else { return [] }
        return [.send(peer, .ended(Self.drainedEnd))]
    }

    /// What a drained worker is told; the run goes on without it.
    static let drainedEnd = RunEnd(outcome: .interrupted, message: "drained by an operator")

    private func reply(_ action: CommandAction, _ message: String, to peer: PeerID) -> Action {
        .send(peer, .commandReply(CommandReply(action: action, message: message)))
    }

    private func log(_ message: String, _ peer: PeerID, _ fields: [String: String] = [:]) -> Action {
        var fields = fields
        fields["operator"] = access?[peer.key]?.name
        return .log(.warning, message, unit: nil, fields: fields)
    }
}
