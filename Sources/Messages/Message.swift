import Foundation

/// The version of the protocol that this build speaks; see Protocols/README.md for what raises it.
public let protocolVersion = 1

/// The word that names a message's kind in its header.
public enum MessageKind: String, Codable, Sendable, CaseIterable {
    case hello, welcome, refused, goodbye, heartbeat, ended
    case unit, result, failure, cancel
    case samples, data
    case parameters
    case log, acknowledgement
    case statusRequest = "status-request"
    case status
    case logsRequest = "logs-request"
    case logs
    case command
    case commandReply = "command-reply"
}

/// Everything that travels. One struct per kind; the families stand in files of their own.
public enum Message: Hashable, Sendable {
    case hello(Hello)
    case welcome(Welcome)
    case refused(Refusal)
    case goodbye(Goodbye)
    case heartbeat(Heartbeat)
    case ended(RunEnd)
    case unit(WorkUnit)
    case result(UnitResult)
    case failure(UnitFailure)
    case cancel(UnitCancellation)
    case samples(SampleShipment)
    case data(DataDeclaration)
    case parameters(ParameterUpdate)
    case log(LogBatch)
    case acknowledgement(Acknowledgement)
    case statusRequest(StatusRequest)
    case status(StatusReport)
    case logsRequest(LogsRequest)
    case logs(LogsReply)
    case command(Command)
    case commandReply(CommandReply)

    var payload: any MessagePayload {
        switch self {
        case .hello(let payload): payload
        case .welcome(let payload): payload
        case .refused(let payload): payload
        case .goodbye(let payload): payload
        case .heartbeat(let payload): payload
        case .ended(let payload): payload
        case .unit(let payload): payload
        case .result(let payload): payload
        case .failure(let payload): payload
        case .cancel(let payload): payload
        case .samples(let payload): payload
        case .data(let payload): payload
        case .parameters(let payload): payload
        case .log(let payload): payload
        case .acknowledgement(let payload): payload
        case .statusRequest(let payload): payload
        case .status(let payload): payload
        case .logsRequest(let payload): payload
        case .logs(let payload): payload
        case .command(let payload): payload
        case .commandReply(let payload): payload
        }
    }

    public var kind: MessageKind { type(of: payload).kind }
}

/// A message with what its header says of its origin.
public struct Envelope: Hashable, Sendable {
    /// The run's identifier; empty where the sender does not know it yet.
    public var run: String
    /// The worker's name, `coordinator`, or an observer's or operator's name.
    public var sender: String
    public var message: Message

    public init(run: String, sender: String, message: Message) {
        self.run = run
        self.sender = sender
        self.message = message
    }
}

/// What the codec needs of a kind's struct. Its `Codable` form is the header's `body`; unit and tensors are no part of it,
/// for the header and the frames carry them.
protocol MessagePayload: Codable, Hashable, Sendable {
    static var kind: MessageKind { get }
    /// The header's `unit`.
    var carriedUnit: UInt64? { get }
    var carriedTensors: [WireTensor] { get }
    /// Takes unit and tensors from the message.
    mutating func attach(unit: UInt64?, tensors: [WireTensor]) throws(ProtocolError)
    /// Refuses values that no honest peer sends, before they reach arithmetic, a file or a terminal.
    func check(_ check: FieldCheck) throws(ProtocolError)
    /// The case that holds it.
    var wrapped: Message { get }
}

extension MessagePayload {
    var carriedUnit: UInt64? { nil }
    var carriedTensors: [WireTensor] { [] }
    mutating func attach(unit: UInt64?, tensors: [WireTensor]) throws(ProtocolError) {}

    static func required(_ unit: UInt64?) throws(ProtocolError) -> UInt64 {
        guard let unit else { throw .badField(kind: kind.rawValue, field: "unit", reason: "is missing") }
        return unit
    }
}
