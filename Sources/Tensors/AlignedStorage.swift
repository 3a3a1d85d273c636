/// Zero-filled float32 memory on a 64-byte boundary (a cache line, and one AVX-512 register).
final class AlignedStorage: @unchecked Sendable {
    static let alignment = 64
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        let bytes = max(count, 1) * MemoryLayout<Float>.stride
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Self.alignment)
        raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
        self.count = count
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

    var buffer: FloatBuffer { FloatBuffer(pointer, count: count) }
}

/// Rounds a count of floats up so that what follows starts on a 64-byte boundary.
@inlinable
public func alignedFloatCount(_ count: Int) -> Int { (count + 15) & ~15 }
