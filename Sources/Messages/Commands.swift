import Foundation

// What an operator tells a coordinator, and the answers. An operator needs no hello.

public enum CommandAction: String, Hashable, Codable, Sendable, CaseIterable {
    /// Deal out no more units; those in hand are finished.
    case pause
    /// Go on after a pause.
    case resume
    /// Finish the step under way, write a checkpoint and end; the run can be resumed.
    case stop
    /// Deal no more units to one worker, and dismiss it when it has answered those in hand.
    case drain
}

/// operator → coordinator.
public struct Command: Hashable, Codable, Sendable {
    public var action: CommandAction
    /// Of `drain`: the worker's name, as status shows it.
    public var worker: String?

    public init(_ action: CommandAction, worker: String? = nil) {
        self.action = action
        self.worker = worker
    }
}

/// coordinator → operator: the command is being carried out. One that cannot be is answered by `refused`.
public struct CommandReply: Hashable, Codable, Sendable {
    public var action: CommandAction
    /// What happens now, in a sentence for people.
    public var message: String

    public init(action: CommandAction, message: String) {
        self.action = action
        self.message = message
    }
}

extension Command: MessagePayload {
    static var kind: MessageKind { .command }
    var wrapped: Message { .command(self) }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        if let worker { try check.name(worker, "worker") }
        try check.require((action == .drain) == (worker != nil), "worker", action == .drain ? "is missing" : "belongs to drain alone")
    }
}

extension CommandReply: MessagePayload {
    static var kind: MessageKind { .commandReply }
    var wrapped: Message { .commandReply(self) }
    func check(_ check: FieldCheck) throws(ProtocolError) { try check.text(message, "message") }
}
