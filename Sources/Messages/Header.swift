import Foundation

/// The fields of frame 1.
enum HeaderKey: String, CodingKey { case version = "protocol", kind, run, sender, unit, tensors, body }

struct HeaderWriter: Encodable {
    let envelope: Envelope
    let payload: any MessagePayload
    let tensors: [WireTensor]

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: HeaderKey.self)
        try container.encode(protocolVersion, forKey: .version)
        try container.encode(type(of: payload).kind, forKey: .kind)
        try container.encode(envelope.run, forKey: .run)
        try container.encode(envelope.sender, forKey: .sender)
        try container.encodeIfPresent(payload.carriedUnit, forKey: .unit)
        let table = tensors.map {
            TensorTableEntry(
                name: $0.name, type: $0.type.rawValue, shape: $0.shape.dimensions, bytes: $0.byteCount, memory: $0.memory)
        }
        try container.encode(table, forKey: .tensors)
        try container.encode(payload, forKey: .body)
    }
}

/// Reads the version before anything else, then the kind, and the rest by the kind. Fields that it does not know stay
/// unread.
struct HeaderReader: Decodable {
    let run: String
    let sender: String
    let unit: UInt64?
    let tensors: [TensorTableEntry]
    let payload: any MessagePayload

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: HeaderKey.self)
        let version = try container.decode(Int.self, forKey: .version)
        guard version == protocolVersion else { throw ProtocolError.unsupportedVersion(theirs: version, ours: protocolVersion) }
        let name = try container.decode(String.self, forKey: .kind)
        guard let kind = MessageKind(rawValue: name) else { throw ProtocolError.unknownKind(name.shortened(to: 64)) }
        run = try container.decode(String.self, forKey: .run)
        sender = try container.decode(String.self, forKey: .sender)
        unit = try container.decodeIfPresent(UInt64.self, forKey: .unit)
        tensors = try container.decodeIfPresent([TensorTableEntry].self, forKey: .tensors) ?? []
        do {
            payload = try Self.read(kind.payloadType, in: container)
        } catch let unknown as UnknownUnitKind {
            guard let unit else { throw ProtocolError.badField(kind: name, field: "unit", reason: "is missing") }
            throw ProtocolError.unknownUnitKind(unknown.kind.shortened(to: 64), unit: unit)
        }
    }

    private static func read<Payload: MessagePayload>(
        _ type: Payload.Type, in container: KeyedDecodingContainer<HeaderKey>
    ) throws -> any MessagePayload {
        try container.decode(Payload.self, forKey: .body)
    }
}

extension MessageKind {
    var payloadType: any MessagePayload.Type {
        switch self {
        case .hello: Hello.self
        case .welcome: Welcome.self
        case .refused: Refusal.self
        case .goodbye: Goodbye.self
        case .heartbeat: Heartbeat.self
        case .ended: RunEnd.self
        case .unit: WorkUnit.self
        case .result: UnitResult.self
        case .failure: UnitFailure.self
        case .cancel: UnitCancellation.self
        case .samples: SampleShipment.self
        case .data: DataDeclaration.self
        case .parameters: ParameterUpdate.self
        case .log: LogBatch.self
        case .acknowledgement: Acknowledgement.self
        case .statusRequest: StatusRequest.self
        case .status: StatusReport.self
        case .logsRequest: LogsRequest.self
        case .logs: LogsReply.self
        case .command: Command.self
        case .commandReply: CommandReply.self
        }
    }
}
