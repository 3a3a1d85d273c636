import Diagnostics
import Messages

/// Why something that somebody sent was not taken. An open set, so that every part of the program can name reasons of its own;
/// the names are what `filterscope status` shows.
public struct RefusalKind: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// No message of the protocol, or one with impossible values.
    public static let malformed = RefusalKind(rawValue: "malformed")
    /// More frames or bytes than the limits allow.
    public static let tooLarge = RefusalKind(rawValue: "too-large")
    /// Another version of the protocol.
    public static let version = RefusalKind(rawValue: "version")
    public static let unknownKind = RefusalKind(rawValue: "unknown-kind")
    /// What only a worker may say, from somebody who is none.
    public static let unknownPeer = RefusalKind(rawValue: "unknown-peer")
    public static let wrongRun = RefusalKind(rawValue: "wrong-run")
    /// An answer to a unit that is not in the sender's hand: never dealt to it, dealt to another meanwhile, or answered already.
    public static let unasked = RefusalKind(rawValue: "unasked")
    /// What only a coordinator says.
    public static let wrongDirection = RefusalKind(rawValue: "wrong-direction")
    /// A hello with the incarnation of a worker that is present over another connection, and alive.
    public static let impostor = RefusalKind(rawValue: "impostor")
    /// Other kernels than the run's.
    public static let fingerprint = RefusalKind(rawValue: "fingerprint")
    /// There is no room for another worker.
    public static let full = RefusalKind(rawValue: "full")
    /// More, or sooner, than anybody is entitled to; dropped without an answer.
    public static let flood = RefusalKind(rawValue: "flood")
    /// A connection that did not come to speak ZeroMQ with us: another mechanism, another protocol, or silence.
    public static let handshake = RefusalKind(rawValue: "handshake")
    /// A connection that was cut over what it sent: a frame that is too large or none, or a message without end.
    public static let cut = RefusalKind(rawValue: "cut")
    /// A stranger's connection that was cut since there were too many of them.
    public static let crowded = RefusalKind(rawValue: "crowded")
    /// Not allowed in the sender's role.
    public static let role = RefusalKind(rawValue: "role")
    public static let unknownKey = RefusalKind(rawValue: "unknown-key")
    public static let revoked = RefusalKind(rawValue: "revoked")

    /// Those above.
    public static let all: [RefusalKind] = [
        .malformed, .tooLarge, .version, .unknownKind, .unknownPeer, .wrongRun, .unasked, .wrongDirection, .impostor, .fingerprint, .full,
        .flood, .handshake, .cut, .crowded, .role, .unknownKey, .revoked,
    ]
}

/// How much was refused, by kind. Bounded: kinds are the program's, never a peer's words.
public struct RefusalTally: Sendable, Equatable {
    /// By the kinds' names.
    public private(set) var counts: [String: Int] = [:]

    public init() {}

    public subscript(kind: RefusalKind) -> Int { counts[kind.rawValue, default: 0] }

    /// Whether the log says so when `count` more of a kind are added.
    public func isLogged(_ kind: RefusalKind, more count: Int) -> Bool {
        let (before, (after, overflow)) = (self[kind], self[kind].addingReportingOverflow(max(0, count)))
        return !overflow && after > before && after.passesPowerOfTen(since: before)
    }

    /// Adds `count` of a kind.
    /// - Returns: the number so far where the log should say so: at the first, tenth, hundredth …; nil otherwise. Whatever talks
    ///   to a port by mistake may send thousands of messages.
    public mutating func add(_ kind: RefusalKind, count: Int = 1) -> Int? {
        let isLogged = isLogged(kind, more: count)
        let (after, overflow) = self[kind].addingReportingOverflow(max(0, count))
        guard !overflow, after > self[kind] else { return nil }
        counts[kind.rawValue] = after
        return isLogged ? after : nil
    }
}

extension Int {
    /// Whether 1, 10, 100 … lies above `before` and is reached: when the log says again what happens time and again.
    func passesPowerOfTen(since before: Int) -> Bool {
        var mark = 1
        while mark <= before {
            let (next, overflow) = mark.multipliedReportingOverflow(by: 10)
            if overflow { return false }
            mark = next
        }
        return self >= mark
    }
}

extension ProtocolError {
    /// What a message with this fault counts as.
    public var refusalKind: RefusalKind {
        switch self {
        case .tooManyFrames, .headerTooLarge, .frameTooLarge, .messageTooLarge: .tooLarge
        case .unsupportedVersion: .version
        case .unknownKind, .unknownUnitKind: .unknownKind
        case .noFrames, .nestedTooDeeply, .malformedHeader, .badField, .badTensor, .frameCount, .missingTensor: .malformed
        }
    }
}

extension RefusalKind {
    /// What the sender is told.
    var code: RefusalCode {
        switch self {
        case .version: .version
        case .unknownKind: .unknownKind
        case .tooLarge: .tooLarge
        default: .malformed
        }
    }
}

extension String {
    /// On one line, in at most so many bytes, for logs, replies and tables: peers choose what error messages quote.
    func onOneLine(to bytes: Int = 300) -> String {
        shortened(to: bytes).printable()
    }
}
