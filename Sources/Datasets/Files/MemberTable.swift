import Diagnostics
import Foundation
import Tensors

/// The files of a data set in sorted order of their paths, each with the place and number of its bytes: flat arrays, mapped
/// from an index file or made in memory, and no object per file, so that a million files are opened at once.
///
/// Paths sort by their parts, as bytes: "a/z" comes before "a-b/c", as it does where folders are listed one by one.
///
/// The bytes, all little-endian: a header of 64 bytes (`magic`, the source's length, its time of modification, the number of
/// members n, the length of all paths); n offsets of 64 bits; n + 1 starts of paths and n lengths of 32 bits; the paths.
package final class MemberTable: @unchecked Sendable {
    static let magic: StaticString = "filterscope index 1\n\0\0\0\0"
    static let headerByteCount = 64

    package let count: Int
    /// What the index was made from: its length and its time of modification in nanoseconds.
    let sourceByteCount: Int
    let sourceModified: Int64
    private let memory: MemoryBlock
    private let offsets: UnsafeRawPointer
    private let pathStarts: UnsafeRawPointer
    private let byteCounts: UnsafeRawPointer
    private let paths: UnsafeRawPointer

    /// - Returns: nil where the bytes are no index of this version, or are damaged.
    init?(_ memory: MemoryBlock) {
        let bytes = memory.bytes
        guard bytes.count >= Self.headerByteCount, let base = bytes.baseAddress,
            Self.magic.withUTF8Buffer({ bytes.starts(with: $0) })
        else { return nil }
        func header(_ place: Int) -> UInt64 { UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self)) }
        let members = header(40)
        let pathBytes = header(48)
        guard members < UInt64(UInt32.max), pathBytes < UInt64(UInt32.max), header(24) < 1 << 62,
            bytes.count == Self.byteCount(members: Int(members), pathBytes: Int(pathBytes))
        else { return nil }
        self.memory = memory
        count = Int(members)
        sourceByteCount = Int(header(24))
        sourceModified = Int64(bitPattern: header(32))
        offsets = base + Self.headerByteCount
        pathStarts = offsets + 8 * count
        byteCounts = pathStarts + 4 * (count + 1)
        paths = byteCounts + 4 * count
        guard isSound(pathBytes: Int(pathBytes)) else { return nil }
    }

    static func byteCount(members: Int, pathBytes: Int) -> Int { headerByteCount + 16 * members + 4 + pathBytes }

    /// Whether every path and every member lies within its bounds.
    private func isSound(pathBytes: Int) -> Bool {
        guard start(0) == 0, start(count) == pathBytes else { return false }
        for member in 0..<count {
            guard start(member) < start(member + 1), offset(member) >= 0,
                offset(member) <= max(0, sourceByteCount - byteCount(member))
            else { return false }
        }
        return true
    }

    private func start(_ member: Int) -> Int {
        Int(UInt32(littleEndian: pathStarts.loadUnaligned(fromByteOffset: 4 * member, as: UInt32.self)))
    }

    /// Where the member's bytes begin in the tar; 0 in a folder.
    func offset(_ member: Int) -> Int {
        precondition(member >= 0 && member < count)
        return Int(truncatingIfNeeded: UInt64(littleEndian: offsets.loadUnaligned(fromByteOffset: 8 * member, as: UInt64.self)))
    }

    func byteCount(_ member: Int) -> Int {
        precondition(member >= 0 && member < count)
        return Int(UInt32(littleEndian: byteCounts.loadUnaligned(fromByteOffset: 4 * member, as: UInt32.self)))
    }

    /// The path's bytes; good for as long as the table is.
    func pathBytes(_ member: Int) -> UnsafeRawBufferPointer {
        precondition(member >= 0 && member < count)
        return UnsafeRawBufferPointer(start: paths + start(member), count: start(member + 1) - start(member))
    }

    package func path(_ member: Int) -> String { String(decoding: pathBytes(member), as: UTF8.self) }

    /// The first member whose path does not sort before `key`.
    func firstMember(notBefore key: [UInt8]) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if key.withUnsafeBytes({ pathSortsBefore(pathBytes(middle), $0) }) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The member of that path.
    package func member(_ path: String) -> Int? {
        let key = Array(path.utf8)
        let place = firstMember(notBefore: key)
        return place < count && pathBytes(place).elementsEqual(key) ? place : nil
    }

    /// The members below a folder; all of them for "".
    package func members(below folder: String) -> Range<Int> {
        guard !folder.isEmpty else { return 0..<count }
        // "/" sorts before every other byte, so 1 closes what it opens.
        let first = firstMember(notBefore: Array("\(folder)/".utf8))
        return first..<max(first, firstMember(notBefore: Array("\(folder)\u{1}".utf8)))
    }
}

/// Whether one path sorts before another, part by part.
@inline(__always)
func pathSortsBefore(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    let common = min(a.count, b.count)
    var place = 0
    while place < common {
        let (x, y) = (a[place], b[place])
        if x != y { return (x == UInt8(ascii: "/") ? 0 : x) < (y == UInt8(ascii: "/") ? 0 : y) }
        place += 1
    }
    return a.count < b.count
}

/// Memory that is mapped from a file, or allocated.
final class MemoryBlock: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// Maps a file that is never changed in place.
    /// - Returns: nil where there is no such file or it cannot be mapped.
    init?(mapping path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0,
            let base = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED
        else { return nil }
        bytes = UnsafeRawBufferPointer(start: base, count: Int(status.st_size))
        isMapped = true
    }

    /// Takes memory over from `UnsafeMutableRawBufferPointer.allocate`.
    init(adopting memory: UnsafeMutableRawBufferPointer) {
        bytes = UnsafeRawBufferPointer(memory)
        isMapped = false
    }

    deinit {
        if isMapped { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) } else { bytes.deallocate() }
    }
}
