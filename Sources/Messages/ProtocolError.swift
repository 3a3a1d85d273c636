import Diagnostics

/// What can be wrong with a message. Closed, so that whoever receives one decides case by case: refuse politely, drop,
/// or part with the peer.
public enum ProtocolError: Error, Hashable, Sendable {
    /// A message without any frame.
    case noFrames
    case tooManyFrames(count: Int, limit: Int)
    case headerTooLarge(bytes: Int, limit: Int)
    case frameTooLarge(frame: Int, bytes: Int, limit: Int)
    case messageTooLarge(bytes: Int, limit: Int)
    case nestedTooDeeply(limit: Int)
    /// Frame 1 is not the JSON object it must be; `reason` names the field where one is to blame.
    case malformedHeader(reason: String)
    /// The peer speaks another version of the protocol.
    case unsupportedVersion(theirs: Int, ours: Int)
    /// A kind that this version does not know; to be answered with `Refusal`, not with silence.
    case unknownKind(String)
    /// A unit of a kind that this version does not know; to be answered with `UnitFailure`.
    case unknownUnitKind(String, unit: UInt64)
    /// A field with a value that makes no sense.
    case badField(kind: String, field: String, reason: String)
    /// A tensor that does not fit its announcement, or an announcement that cannot be met.
    case badTensor(name: String, reason: String)
    /// Frames left over, or missing, after the tensor table was served.
    case frameCount(announced: String, arrived: Int)
    /// A reader asked for a tensor that the message lacks.
    case missingTensor(name: String)
}

extension ProtocolError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noFrames: "a message without frames"
        case .tooManyFrames(let count, let limit): "\(count) frames in one message, more than \(limit)"
        case .headerTooLarge(let bytes, let limit): "a header of \(bytes) bytes, more than \(limit)"
        case .frameTooLarge(let frame, let bytes, let limit): "frame \(frame) has \(bytes) bytes, more than \(limit)"
        case .messageTooLarge(let bytes, let limit): "a message of \(bytes) bytes, more than \(limit)"
        case .nestedTooDeeply(let limit): "a header nested more than \(limit) levels deep"
        case .malformedHeader(let reason): "malformed header: \(reason)"
        case .unsupportedVersion(let theirs, let ours):
            "the other side speaks protocol version \(theirs), this side version \(ours): "
                + (theirs < ours ? "the other side is too old" : "this side is too old")
        case .unknownKind(let kind): "unknown message kind \"\(kind)\""
        case .unknownUnitKind(let kind, let unit): "unit \(unit) is of unknown kind \"\(kind)\""
        case .badField(let kind, let field, let reason): "\(kind): field \"\(field)\" \(reason)"
        case .badTensor(let name, let reason): "tensor \"\(name)\": \(reason)"
        case .frameCount(let announced, let arrived): "the tensor table needs \(announced), \(arrived) arrived"
        case .missingTensor(let name): "tensor \"\(name)\" is missing"
        }
    }

    /// What the peer is told, from its side: in a description its "other side" would be the one that speaks.
    public var refusalReason: String {
        guard case .unsupportedVersion(let theirs, let ours) = self else { return description }
        return "you speak protocol version \(theirs), the coordinator version \(ours): "
            + (theirs < ours ? "your side is too old" : "the coordinator is too old")
    }

    /// The same, for people: where it came from and what to do.
    public func problem(from peer: String) -> Problem {
        let remedy: String? = switch self {
        case .unsupportedVersion(let theirs, let ours):
            "install the same version of filterscope on both sides; the older is "
                + (theirs < ours ? "at \(peer)" : "here")
        case .unknownKind, .unknownUnitKind: "install the same version of filterscope on both sides"
        case .noFrames, .malformedHeader, .nestedTooDeeply: "check that the program at this address speaks Filterscope's protocol"
        default: nil
        }
        return Problem(description, at: peer, remedy: remedy)
    }
}
