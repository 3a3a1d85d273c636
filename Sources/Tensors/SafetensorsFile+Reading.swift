import Diagnostics
import Foundation

extension SafetensorsFile {
    /// A floating-point tensor as float32: exact from F32, F16 and BF16, rounded from F64.
    public func floats(_ name: String) throws(Problem) -> Tensor {
        let entry = try entry(name)
        var tensor = Tensor(entry.shape)
        try tensor.withMutableBuffer { (buffer) throws(Problem) in try read(entry.name, into: buffer) }
        return tensor
    }

    /// The same, into memory of the caller's, which must have as many elements.
    public func read(_ name: String, into buffer: FloatBuffer) throws(Problem) {
        let entry = try entry(name)
        guard entry.shape.count == buffer.count else {
            throw problem(entry, "has shape \(entry.shape), \(entry.shape.count) elements, where \(buffer.count) are expected")
        }
        let target = buffer.pointer
        let count = buffer.count
        try withBytes(entry) { bytes throws(Problem) in
            switch entry.type {
            case .float32: buffer.mutableBytes.copyMemory(from: bytes)
            case .float64:
                for i in 0..<count { target[i] = Float(Double(bitPattern: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))) }
            case .float16:
                for i in 0..<count { target[i] = Float(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))) }
            case .bfloat16:
                for i in 0..<count { target[i] = Self.bfloat16(bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)) }
            default: throw typeProblem(entry, "floating-point numbers")
            }
        }
    }

    /// A floating-point tensor's elements, exact.
    public func doubles(_ name: String) throws(Problem) -> [Double] {
        let entry = try entry(name)
        return try withBytes(entry) { bytes throws(Problem) -> [Double] in
            let elements = 0..<entry.shape.count
            switch entry.type {
            case .float64: return elements.map { Double(bitPattern: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
            case .float32: return elements.map { Double(Float(bitPattern: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))) }
            case .float16: return elements.map { Double(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))) }
            case .bfloat16: return elements.map { Double(Self.bfloat16(bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))) }
            default: throw typeProblem(entry, "floating-point numbers")
            }
        }
    }

    /// The elements of a tensor of whole numbers or of truth values (0 and 1).
    public func integers(_ name: String) throws(Problem) -> [Int64] {
        let entry = try entry(name)
        return try withBytes(entry) { bytes throws(Problem) -> [Int64] in
            let elements = 0..<entry.shape.count
            switch entry.type {
            case .int64: return elements.map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) }
            case .int32: return elements.map { Int64(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
            case .int16: return elements.map { Int64(bytes.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self)) }
            case .int8: return elements.map { Int64(bytes.loadUnaligned(fromByteOffset: $0, as: Int8.self)) }
            case .uint8: return elements.map { Int64(bytes[$0]) }
            case .bool: return elements.map { bytes[$0] == 0 ? 0 : 1 }
            default: throw typeProblem(entry, "whole numbers")
            }
        }
    }

    /// A tensor's bytes as they lie in the file, little-endian; shares the file's mapping.
    public func rawBytes(_ name: String) throws(Problem) -> Data {
        let entry = try entry(name)
        return data.dropFirst(dataStart + entry.offset).prefix(entry.byteCount)
    }

    private static func bfloat16(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    private func withBytes<Value>(
        _ entry: Entry, _ body: (UnsafeRawBufferPointer) throws(Problem) -> Value
    ) throws(Problem) -> Value {
        // `Data.withUnsafeBytes` has no typed throws.
        let start = dataStart + entry.offset
        let outcome: Result<Value, Problem> = data.withUnsafeBytes { all in
            let bytes = UnsafeRawBufferPointer(rebasing: all[start..<start + entry.byteCount])
            do throws(Problem) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    private func typeProblem(_ entry: Entry, _ wanted: String) -> Problem {
        problem(entry, "holds \(entry.type.rawValue), not \(wanted)")
    }

    private func problem(_ entry: Entry, _ what: String) -> Problem {
        Problem("tensor \"\(entry.name)\" \(what)", at: "\(path), offset \(dataStart + entry.offset)")
    }
}
