import Foundation
import Tensors

#if _endian(big)
#error("tensors travel little-endian and are copied as they lie in memory: this machine would have to swap bytes")
#endif

/// Making tensors of values in memory.
/// - Precondition: as many values as the shape has elements; a caller's mistake otherwise, not a peer's.
extension WireTensor {
    public init(_ name: String, _ shape: Shape, floats: FloatBuffer) {
        self.init(name, type: .float32, shape, count: floats.count, Data(floats.bytes))
    }

    public init(_ name: String, _ shape: Shape, floats: [Float]) {
        self.init(name, type: .float32, shape, count: floats.count, floats.withUnsafeBytes { Data($0) })
    }

    public init(_ name: String, _ shape: Shape, doubles: [Double]) {
        self.init(name, type: .float64, shape, count: doubles.count, doubles.withUnsafeBytes { Data($0) })
    }

    /// float64 elements that lie row by row, a row for each step of the first dimension.
    public init(_ name: String, _ shape: Shape, rows: [[Double]]) {
        var data = Data(capacity: shape.count * 8)
        for row in rows { row.withUnsafeBytes { data.append(contentsOf: $0) } }
        self.init(name, type: .float64, shape, count: rows.reduce(0) { $0 + $1.count }, data)
    }

    public init(_ name: String, _ shape: Shape, int64s: [Int64]) {
        self.init(name, type: .int64, shape, count: int64s.count, int64s.withUnsafeBytes { Data($0) })
    }

    public init(_ name: String, _ shape: Shape, uint8s: Data) {
        self.init(name, type: .uint8, shape, count: uint8s.count, uint8s)
    }

    private init(_ name: String, type: ElementType, _ shape: Shape, count: Int, _ data: Data) {
        precondition(count == shape.count, "\(count) values for tensor \(name) of shape \(shape)")
        self.init(name, checked: type, shape, .bytes([data]))
    }

    /// The elements in the tensor's own memory, which must not be changed by other means than the tensor's while they travel.
    public init(_ name: String, _ tensor: Tensor) {
        self.init(name, checked: .float32, tensor.shape, .floats(tensor))
    }

    /// float32 elements that do not travel.
    public init(_ name: String, _ shape: Shape, at reference: SegmentReference) {
        self.init(name, checked: .float32, shape, .memory(reference))
    }
}

/// Reading values; every reader checks the element type, and a buffer's reader the count.
extension WireTensor {
    /// Copies float32 elements into memory of exactly that many.
    public func floats(into buffer: FloatBuffer) throws(ProtocolError) {
        try expect(.float32)
        guard buffer.count == shape.count else {
            throw .badTensor(name: name, reason: "\(buffer.count) elements are expected, shape \(shape) has \(shape.count)")
        }
        guard copyPieces(to: buffer.mutableBytes) else { throw unmapped }
    }

    public func floats() throws(ProtocolError) -> [Float] { try values(of: .float32, zero: 0) }
    public func doubles() throws(ProtocolError) -> [Double] { try values(of: .float64, zero: 0) }
    /// float64 elements, an array for each step of the first dimension.
    public func rowsOfDoubles() throws(ProtocolError) -> [[Double]] {
        try expect(.float64)
        guard shape.rank > 0, shape[0] > 0 else { return [] }
        let width = shape.count / shape[0]
        var rest = pieces[...]
        var rows: [[Double]] = []
        for _ in 0..<shape[0] {
            var row = [Double](repeating: 0, count: width)
            let isWhole = row.withUnsafeMutableBytes { Self.fill($0, from: &rest) }
            guard isWhole else { throw unmapped }
            rows.append(row)
        }
        return rows
    }

    /// Takes as many bytes as the target has; returns whether there were as many.
    private static func fill(_ target: UnsafeMutableRawBufferPointer, from pieces: inout ArraySlice<Data>) -> Bool {
        var place = 0
        while place < target.count, var piece = pieces.popFirst() {
            let taken = min(piece.count, target.count - place)
            piece.copyBytes(to: UnsafeMutableRawBufferPointer(rebasing: target[place..<(place + taken)]), count: taken)
            piece = piece.dropFirst(taken)
            if !piece.isEmpty { pieces.insert(piece, at: pieces.startIndex) }
            place += taken
        }
        return place == target.count
    }

    public func int64s() throws(ProtocolError) -> [Int64] { try values(of: .int64, zero: 0) }

    public func uint8s() throws(ProtocolError) -> Data {
        try expect(.uint8)
        return data
    }

    /// Returns whether the pieces fill the target.
    private func copyPieces(to target: UnsafeMutableRawBufferPointer) -> Bool {
        var place = 0
        for piece in pieces {
            piece.copyBytes(to: UnsafeMutableRawBufferPointer(rebasing: target[place..<(place + piece.count)]))
            place += piece.count
        }
        return place == target.count
    }

    private var unmapped: ProtocolError { .badTensor(name: name, reason: "its elements lie in memory that was not mapped") }

    /// Copies rather than views: a frame's bytes may lie on any boundary.
    private func values<Element: BitwiseCopyable>(of type: ElementType, zero: Element) throws(ProtocolError) -> [Element] {
        try expect(type)
        // Memory elsewhere may be announced at any size; none is set aside for it.
        guard memory == nil else { throw unmapped }
        var values = [Element](repeating: zero, count: shape.count)
        let isWhole = values.withUnsafeMutableBytes { copyPieces(to: $0) }
        guard isWhole else { throw unmapped }
        return values
    }

    private func expect(_ expected: ElementType) throws(ProtocolError) {
        guard type == expected else {
            throw .badTensor(name: name, reason: "elements are \(type.rawValue), \(expected.rawValue) is expected")
        }
    }
}

extension Sequence where Element == WireTensor {
    /// The tensor of a name.
    /// - Throws: `.missingTensor`.
    public func tensor(_ name: String) throws(ProtocolError) -> WireTensor {
        for tensor in self where tensor.name == name { return tensor }
        throw .missingTensor(name: name)
    }
}
