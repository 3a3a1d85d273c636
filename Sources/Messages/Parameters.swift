import Foundation

// Parameter sets and their versions.

/// A version of a set of parameters: `network`, `statistics`, `heads`.
public struct ParameterReference: Hashable, Codable, Sendable {
    public var set: String
    /// Grows by one with every change of the set.
    public var version: UInt64

    public init(set: String, version: UInt64) {
        self.set = set
        self.version = version
    }
}

/// coordinator → worker: a whole set in a new version; it takes the place of the version that the worker held.
public struct ParameterUpdate: Hashable, Codable, Sendable {
    public var set: String
    public var version: UInt64
    public var tensors: [WireTensor]

    public init(set: String, version: UInt64, tensors: [WireTensor]) {
        self.set = set
        self.version = version
        self.tensors = tensors
    }

    public var reference: ParameterReference { ParameterReference(set: set, version: version) }

    enum CodingKeys: String, CodingKey { case set, version }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        set = try container.decode(String.self, forKey: .set)
        version = try container.decode(UInt64.self, forKey: .version)
        tensors = []
    }
}

extension ParameterUpdate: MessagePayload {
    static var kind: MessageKind { .parameters }
    var wrapped: Message { .parameters(self) }
    var carriedTensors: [WireTensor] { tensors }
    mutating func attach(unit: UInt64?, tensors: [WireTensor]) throws(ProtocolError) { self.tensors = tensors }
    func check(_ check: FieldCheck) throws(ProtocolError) { try check.name(set, "set") }
}
