import CMemory
import Diagnostics
import Glibc
import Synchronization

/// float32 memory that other processes of this user may map to read. It has no name in any folder (memfd_create), so it is
/// gone with the last process that has it, however that one ends. Its size is sealed: who maps it cannot be caught by a
/// file that shrinks.
public final class SharedSegment: @unchecked Sendable {
    public let count: Int
    public let identifier: String
    private let descriptor: Int32
    private let base: UnsafeMutableRawPointer
    private let byteCount: Int
    private static let contents = Atomic<UInt64>(0)
    private let givenUp = Atomic<Bool>(false)

    /// - Parameter count: floats; they are zero.
    /// - Throws: `Problem` where the system has no such memory to give.
    public init(count: Int) throws(Problem) {
        func fault(_ call: String) -> Problem { Problem("shared memory of \(count) floats: \(call): \(String(cString: strerror(errno)))") }
        let byteCount = SegmentHeader.bytes + count * MemoryLayout<Float>.stride
        let descriptor = filterscope_memory(SegmentHeader.name)
        guard descriptor >= 0 else { throw fault("memfd_create") }
        // Reserved now, so that want of memory shows here and not at some later write.
        errno = posix_fallocate(descriptor, 0, byteCount)
        guard errno == 0 else {
            defer { close(descriptor) }
            throw fault("fallocate")
        }
        guard filterscope_add_seals(descriptor, Int32(filterscope_seal_shrink | filterscope_seal_grow)) == 0,
            let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, 0), base != MAP_FAILED
        else {
            defer { close(descriptor) }
            throw fault("mmap")
        }
        // Others read only. Kernels before 5.1 do not know this seal; there it rests on who maps.
        _ = filterscope_add_seals(descriptor, Int32(filterscope_seal_future_write))
        self.count = count
        self.descriptor = descriptor
        self.base = base
        self.byteCount = byteCount
        identifier = (0..<4).map { _ in
            let digits = String(UInt32.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
        base.copyMemory(from: SegmentHeader.magic, byteCount: SegmentHeader.magic.count)
        (base + SegmentHeader.identifierOffset).copyMemory(from: Array(identifier.utf8), byteCount: SegmentHeader.identifierBytes)
        endWriting()
    }

    deinit {
        munmap(base, byteCount)
        close(descriptor)
    }

    var pointer: UnsafeMutablePointer<Float> {
        (base + SegmentHeader.bytes).bindMemory(to: Float.self, capacity: count)
    }

    private var sequenceWord: UnsafeMutablePointer<Atomic<UInt64>> {
        (base + SegmentHeader.sequenceOffset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Says to readers that what they see is not whole.
    public func beginWriting() {
        sequenceWord.pointee.store(0, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// The content is whole, and a new one.
    public func endWriting() {
        let sequence = Self.contents.wrappingAdd(1, ordering: .relaxed).newValue
        sequenceWord.pointee.store(sequence, ordering: .sequentiallyConsistent)
    }

    /// Another process may read the present content for longer than anybody here knows: nobody writes into it again.
    public func giveUp() { givenUp.store(true, ordering: .releasing) }
    public var isGivenUp: Bool { givenUp.load(ordering: .acquiring) }

    /// Of the present content.
    public var reference: SegmentReference {
        SegmentReference(
            process: Int(getpid()), descriptor: Int(descriptor), identifier: identifier,
            sequence: Int(sequenceWord.pointee.load(ordering: .acquiring)))
    }
}
