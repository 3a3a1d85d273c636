import CMemory
import Diagnostics
import Glibc
import Synchronization

/// Another process's `SharedSegment`, mapped here to read.
public final class SharedMapping: @unchecked Sendable {
    public let count: Int
    public let identifier: String
    private let base: UnsafeMutableRawPointer
    private let byteCount: Int

    /// What a message says is not trusted: the file must be a sealed segment of this user, of exactly the size expected, and
    /// hold the identifier that was named.
    /// - Throws: `Problem` where there is no such segment to be had, as when the other process runs on another machine.
    public init(_ reference: SegmentReference, count: Int) throws(Problem) {
        let path = "/proc/\(reference.process)/fd/\(reference.descriptor)"
        func fault(_ reason: String) -> Problem { Problem("memory of another process cannot be used: \(reason)", at: path) }
        func systemFault(_ call: String) -> Problem { fault("\(call): \(String(cString: strerror(errno)))") }
        guard reference.process > 0, reference.descriptor >= 0, count >= 0,
            count <= (Int.max - SegmentHeader.bytes) / MemoryLayout<Float>.stride
        else { throw fault("impossible reference") }
        // Opening something else could have effects of its own.
        guard Self.link(at: path) == SegmentHeader.link else { throw fault("it is no segment of this program") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw systemFault("open") }
        defer { close(descriptor) }
        let byteCount = SegmentHeader.bytes + count * MemoryLayout<Float>.stride
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw systemFault("fstat") }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else { throw fault("it belongs to another user") }
        guard status.st_size == byteCount else { throw fault("it has \(status.st_size) bytes, \(byteCount) are expected") }
        let seals = filterscope_seals(descriptor)
        guard seals >= 0, seals & Int32(filterscope_seal_shrink) != 0 else { throw fault("its size is not sealed") }
        guard let base = mmap(nil, byteCount, PROT_READ, MAP_SHARED | MAP_POPULATE, descriptor, 0), base != MAP_FAILED else {
            throw systemFault("mmap")
        }
        let magic = Array(UnsafeRawBufferPointer(start: base, count: SegmentHeader.magic.count))
        let identifier = String(
            decoding: UnsafeRawBufferPointer(start: base + SegmentHeader.identifierOffset, count: SegmentHeader.identifierBytes),
            as: UTF8.self)
        guard magic == SegmentHeader.magic, identifier == reference.identifier else {
            munmap(base, byteCount)
            throw fault("it is another segment than was named")
        }
        self.count = count
        self.identifier = identifier
        self.base = base
        self.byteCount = byteCount
    }

    deinit { munmap(base, byteCount) }

    /// Never to be written.
    var pointer: UnsafeMutablePointer<Float> {
        (base + SegmentHeader.bytes).assumingMemoryBound(to: Float.self)
    }

    /// Whether the memory holds, whole, the content of that number. Asked before and after reading: what was read between two
    /// yeses is that content.
    public func holds(_ sequence: Int) -> Bool {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let word = (base + SegmentHeader.sequenceOffset).assumingMemoryBound(to: Atomic<UInt64>.self)
        return sequence > 0 && word.pointee.load(ordering: .sequentiallyConsistent) == UInt64(sequence)
    }

    private static func link(at path: String) -> String {
        var target = [UInt8](repeating: 0, count: 64)
        let length = target.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { readlink(path, $0, characters.count) } ?? 0
            }
        }
        return String(decoding: target.prefix(max(0, length)), as: UTF8.self)
    }
}
