/// A window on float32 memory that somebody else owns: an `Arena`, a `ParameterVector` or a `Tensor`. It is what kernels
/// take. It does not keep its owner alive, and two threads must not write one window at once; whoever hands windows out
/// (a lane, a session) answers for both.
public struct FloatBuffer: @unchecked Sendable {
    public let pointer: UnsafeMutablePointer<Float>
    public let count: Int

    @inlinable
    public init(_ pointer: UnsafeMutablePointer<Float>, count: Int) {
        self.pointer = pointer
        self.count = count
    }

    /// One element; for tests and rare reads, not for hot loops.
    @inlinable
    public subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count)
            return pointer[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count)
            pointer[index] = newValue
        }
    }

    /// The `count` elements from `start` on.
    @inlinable
    public func slice(_ start: Int, _ count: Int) -> FloatBuffer {
        precondition(start >= 0 && count >= 0 && start + count <= self.count, "slice \(start)+\(count) of \(self.count)")
        return FloatBuffer(pointer + start, count: count)
    }

    public func fill(_ value: Float) { pointer.update(repeating: value, count: count) }

    public func copy(from other: FloatBuffer) {
        precondition(other.count == count, "copy of \(other.count) elements into \(count)")
        pointer.update(from: other.pointer, count: count)
    }

    public func copy(from values: [Float]) {
        precondition(values.count == count, "copy of \(values.count) elements into \(count)")
        values.withUnsafeBufferPointer { if let base = $0.baseAddress { pointer.update(from: base, count: count) } }
    }

    /// Overwrites every element with left + right; either may be this buffer itself.
    public func setToSum(_ left: FloatBuffer, _ right: FloatBuffer) {
        precondition(left.count == count && right.count == count, "sum of \(left.count) and \(right.count) elements into \(count)")
        typealias Lanes = SIMD16<Float>
        let (out, a, b) = (UnsafeMutableRawPointer(pointer), UnsafeRawPointer(left.pointer), UnsafeRawPointer(right.pointer))
        let whole = count & ~(Lanes.scalarCount - 1)
        for place in stride(from: 0, to: whole * 4, by: MemoryLayout<Lanes>.stride) {
            let sum = a.loadUnaligned(fromByteOffset: place, as: Lanes.self) + b.loadUnaligned(fromByteOffset: place, as: Lanes.self)
            (out + place).storeBytes(of: sum, as: Lanes.self)
        }
        for index in whole..<count { pointer[index] = left.pointer[index] + right.pointer[index] }
    }

    public var array: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

    /// The raw little-endian bytes, for files and sockets.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: count * MemoryLayout<Float>.stride) }
    public var mutableBytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: pointer, count: count * MemoryLayout<Float>.stride)
    }
}
