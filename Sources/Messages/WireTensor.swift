import Foundation
import Tensors

/// A named tensor as it travels: raw little-endian elements, row-major, beside their type and shape.
public struct WireTensor: Sendable {
    /// Where the elements are.
    public enum Content: Sendable {
        /// Pieces in order, as frames brought them: together `shape.count` elements, and nothing else.
        case bytes([Data])
        /// Memory of this process, or mapped by it.
        case floats(Tensor)
        /// Memory of the sender's that the receiver maps; no frame carries it.
        case memory(SegmentReference)
    }

    public let name: String
    public let type: ElementType
    public let shape: Shape
    public let content: Content

    /// - Throws: `.badTensor` where `data` does not have as many bytes as type and shape ask for.
    public init(_ name: String, type: ElementType, shape: Shape, data: Data) throws(ProtocolError) {
        let expected = try Self.byteCount(name: name, type: type, shape: shape)
        guard data.count == expected else {
            throw .badTensor(name: name, reason: "\(type.rawValue) \(shape) takes \(expected) bytes, not \(data.count)")
        }
        self.init(name, checked: type, shape, .bytes([data]))
    }

    init(_ name: String, checked type: ElementType, _ shape: Shape, _ content: Content) {
        self.name = name
        self.type = type
        self.shape = shape
        self.content = content
    }

    public var byteCount: Int { shape.count * type.byteCount }

    /// The elements' bytes in order, without a copy; none where they lie in memory that has not been mapped.
    public var pieces: [Data] {
        switch content {
        case .bytes(let pieces): pieces
        case .floats(let tensor): [tensor.wireBytes]
        case .memory: []
        }
    }

    /// The same in one piece, copied where there are several.
    public var data: Data {
        let pieces = pieces
        guard pieces.count != 1 else { return pieces[0] }
        var data = Data(capacity: pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { data.append(piece) }
        return data
    }

    /// Elements times their size, or an error where that overflows.
    static func byteCount(name: String, type: ElementType, shape: Shape) throws(ProtocolError) -> Int {
        let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: type.byteCount)
        guard !overflow else { throw .badTensor(name: name, reason: "shape \(shape) is too large for memory") }
        return bytes
    }
}

/// Tensors are equal when what travels is: elements bit by bit, or the place where they lie.
extension WireTensor: Hashable {
    public static func == (a: WireTensor, b: WireTensor) -> Bool {
        a.name == b.name && a.type == b.type && a.shape == b.shape && a.memory == b.memory && a.data == b.data
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(shape)
        hasher.combine(memory)
        hasher.combine(data)
    }

    /// Where the elements lie, if they do not travel.
    public var memory: SegmentReference? {
        if case .memory(let reference) = content { reference } else { nil }
    }
}

extension Tensor {
    /// The elements' bytes where they lie. The memory stays, and nobody changes it, for as long as the data is held: a tensor
    /// that shares its memory is copied before it is written.
    fileprivate var wireBytes: Data {
        let owner = owner
        return withBuffer { buffer in
            guard buffer.count > 0 else { return Data() }
            return Data(
                bytesNoCopy: buffer.mutableBytes.baseAddress ?? UnsafeMutableRawPointer(buffer.pointer), count: buffer.bytes.count,
                deallocator: .custom { _, _ in withExtendedLifetime(owner) {} })
        }
    }
}

/// How a tensor is announced in the header's table.
struct TensorTableEntry: Codable {
    var name: String
    var type: String
    var shape: [Int]
    /// The tensor's bytes, over all its frames.
    var bytes: Int
    /// Where they are, if no frame brings them.
    var memory: SegmentReference?
}
