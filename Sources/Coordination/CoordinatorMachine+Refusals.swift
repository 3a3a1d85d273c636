import Diagnostics
import Messages

// What is not taken, and what its sender is told.

extension CoordinatorMachine {
    mutating func garbled(_ peer: PeerID, _ what: String, _ kind: RefusalKind, at now: Double) -> [Action] {
        var isAnswered = true
        // What strangers leave unread the transport bounds.
        roster.update(peer) { isAnswered = $0.answers.take(at: now) }
        guard isAnswered else { return refuse(kind, what, roster[peer]) }
        // It quotes the sender's own words, and tells nothing of the run.
        let remedy = switch kind {
        case .version: "install the same version of filterscope on both sides"
        case .unknownKind: "go on without such messages, or install the same version of filterscope on both sides"
        default: "speak protocol \(protocolVersion)"
        }
        let refusal = Refusal(code: kind.code, reason: what.onOneLine(), remedy: remedy)
        return [.send(peer, .refused(refusal))] + refuse(kind, what, roster[peer])
    }

    /// Counts what is not taken, and logs the first, tenth, hundredth … of each kind.
    mutating func refuse(_ kind: RefusalKind, _ what: String, _ worker: RosterWorker? = nil, count: Int = 1) -> [Action] {
        guard let total = refusals.add(kind, count: count) else { return [] }
        var fields = ["refusal": kind.rawValue, "reason": what.onOneLine(), "count": String(total)]
        fields["worker.name"] = worker?.name
        return [.log(.warning, "message refused", unit: nil, fields: fields)]
    }

    /// A worker whose coordinator was killed and came back may have had something under way. One that has said hello since
    /// is at home here, and what comes late is let go; any other is told to say hello.
    mutating func sendBack(_ peer: PeerID) -> [Action] {
        let counted = refuse(.wrongRun, "a message of another run", roster[peer])
        guard roster[peer] == nil else { return counted }
        return [.send(peer, .refused(Refusal(
            code: .wrongRun, reason: "this coordinator carries out another run", remedy: "say hello again")))] + counted
    }
}
