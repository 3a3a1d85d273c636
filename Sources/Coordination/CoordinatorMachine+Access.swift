import Diagnostics
import Messages

// The gate in front of the machine: what a peer may say follows from the role of its key. On a socket without keys, which only
// this machine reaches unless the user insisted, everybody may say everything.

extension CoordinatorMachine {
    /// Whether the peer may send messages of a kind.
    public func admits(_ kind: MessageKind, from peer: PeerID) -> Bool {
        guard let access else { return true }
        return access[peer.key]?.role.maySend(kind) ?? false
    }

    /// Nil where the peer may send the message; otherwise what is done about it.
    mutating func refusal(of message: Message, from peer: PeerID) -> [Action]? {
        guard let access else { return nil }
        guard let member = access[peer.key] else { return turnAway(peer) }
        guard !member.role.maySend(message.kind) else { return nil }
        let refusal = Refusal(
            code: .role, reason: "a key of the role \(member.role.rawValue) may not send \(message.kind.rawValue)",
            remedy: "use a key of another role")
        return [.send(peer, .refused(refusal))]
            + refuse(.role, "\(message.kind.rawValue) from \(member.name), whose role is \(member.role.rawValue)")
    }

    /// A message whose sender's key is not admitted: revoked since it connected, or not to be told.
    mutating func turnAway(_ peer: PeerID) -> [Action] {
        guard peer.key != nil else {
            return [.send(peer, .refused(Refusal(code: .unknownPeer, reason: "say hello over a new connection")))]
                + refuse(.unknownKey, "a message without a key")
        }
        return [.send(peer, .refused(Self.revocation))] + remove(peer, reason: "its key was revoked")
            + refuse(.revoked, "a message under a key that is not admitted any more")
    }

    private static let revocation = Refusal(
        code: .revoked, reason: "this key is not admitted any more", remedy: "ask whoever runs the coordinator")

    /// A new version of the allow list. Workers whose keys are not in it any more are cut off: their units are dealt again.
    mutating func admit(_ table: AccessTable) -> [Action] {
        guard access != nil else { return [] }
        access = table
        var actions = [Action.log(.info, "allow list read again", unit: nil, fields: ["keys": String(table.members.count)])]
        for worker in roster.workers where table[worker.peer.key]?.role != .worker {
            actions.append(.send(worker.peer, .refused(Self.revocation)))
            actions += remove(worker.peer, reason: "its key was revoked", dealing: false)
        }
        return actions + deal()
    }

    /// Says once a minute that anybody can join.
    mutating func warnOfOpenness(at now: Double) -> [Action] {
        guard settings.isOpen, now >= nextOpenWarning else { return [] }
        nextOpenWarning = now + 60
        return [.log(.warning, "anybody who reaches this address can join the run, read its data and spoil its result", unit: nil, fields: [
            "remedy": "use --keys DIR instead of --insecure",
        ])]
    }
}
