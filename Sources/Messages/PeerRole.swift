/// What the holder of a key may do. Without keys, on an address of this machine alone, everybody may do everything.
public enum PeerRole: String, Hashable, Codable, Sendable, CaseIterable {
    /// Joins a run and computes.
    case worker
    /// Asks for status and logs, and nothing else.
    case observer
    /// May ask as an observer may, and give commands: pause, resume, stop, drain.
    case `operator`

    /// Whether the role may send messages of this kind to a coordinator. A switch without a default: whoever adds a kind
    /// has to say who may send it.
    public func maySend(_ kind: MessageKind) -> Bool {
        switch kind {
        case .hello, .data, .result, .failure, .heartbeat, .log, .goodbye: self == .worker
        case .statusRequest, .logsRequest: self != .worker
        case .command: self == .operator
        // A coordinator's.
        case .welcome, .refused, .ended, .unit, .cancel, .samples, .parameters, .acknowledgement, .status, .logs, .commandReply:
            false
        }
    }
}
