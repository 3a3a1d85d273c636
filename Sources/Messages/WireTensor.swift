import Foundation
import Tensors

/// A named tensor as it travels: raw little-endian elements, row-major, beside their type and shape.
public struct WireTensor: Hashable, Sendable {
    public let name: String
    public let type: ElementType
    public let shape: Shape
    /// `shape.count` elements of `type`, and nothing else.
    public let data: Data

    /// - Throws: `.badTensor` where `data` does not have as many bytes as type and shape ask for.
    public init(_ name: String, type: ElementType, shape: Shape, data: Data) throws(ProtocolError) {
        let expected = try Self.byteCount(name: name, type: type, shape: shape)
        guard data.count == expected else {
            throw .badTensor(name: name, reason: "\(type.rawValue) \(shape) takes \(expected) bytes, not \(data.count)")
        }
        self.init(name, checked: type, shape, data)
    }

    init(_ name: String, checked type: ElementType, _ shape: Shape, _ data: Data) {
        self.name = name
        self.type = type
        self.shape = shape
        self.data = data
    }

    /// Elements times their size, or an error where that overflows.
    static func byteCount(name: String, type: ElementType, shape: Shape) throws(ProtocolError) -> Int {
        let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: type.byteCount)
        guard !overflow else { throw .badTensor(name: name, reason: "shape \(shape) is too large for memory") }
        return bytes
    }
}

/// How a tensor is announced in the header's table.
struct TensorTableEntry: Codable {
    var name: String
    var type: String
    var shape: [Int]
    /// The tensor's bytes, over all its frames.
    var bytes: Int
}
