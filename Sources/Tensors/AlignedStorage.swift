import Glibc

/// float32 memory on a 64-byte boundary (a cache line, and one AVX-512 register): its own, or lent by somebody else for as
/// long as this object lives.
final class AlignedStorage: @unchecked Sendable {
    static let alignment = 64
    /// From this size on memory is taken in huge pages where the system gives them: a fault for each page of 4 KiB costs more
    /// than a pass over it.
    private static let hugeFrom = 4 << 20
    private static let hugePage = 2 << 20

    let pointer: UnsafeMutablePointer<Float>
    let count: Int
    /// What other processes can map, where the memory is such.
    let segment: SharedSegment?
    /// Somebody else's to write: a copy is changed instead.
    let isReadOnly: Bool
    private let release: (@Sendable () -> Void)?

    /// Zero-filled memory of its own.
    init(count: Int) {
        let bytes = max(count, 1) * MemoryLayout<Float>.stride
        let isHuge = bytes >= Self.hugeFrom
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isHuge ? Self.hugePage : Self.alignment)
        if isHuge { madvise(raw, bytes / Self.hugePage * Self.hugePage, MADV_HUGEPAGE) }
        raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
        self.count = count
        segment = nil
        isReadOnly = false
        release = nil
    }

    /// Memory that stays in place until `release` is called, which happens when this object goes, on any thread.
    init(
        lent pointer: UnsafeMutablePointer<Float>, count: Int, segment: SharedSegment? = nil, isReadOnly: Bool,
        release: @escaping @Sendable () -> Void
    ) {
        self.pointer = pointer
        self.count = count
        self.segment = segment
        self.isReadOnly = isReadOnly
        self.release = release
    }

    deinit {
        if let release { release() } else { UnsafeMutableRawPointer(pointer).deallocate() }
    }

    var buffer: FloatBuffer { FloatBuffer(pointer, count: count) }
}

/// Rounds a count of floats up so that what follows starts on a 64-byte boundary.
@inlinable
public func alignedFloatCount(_ count: Int) -> Int { (count + 15) & ~15 }
