import Diagnostics
import Foundation

/// Walks the headers of a tar and says where each member's bytes lie, without reading them: ustar, pax and GNU's long
/// names and sizes (POSIX.1-2024, "pax interchange format"; GNU tar manual, "Basic Tar Format").
///
/// Libarchive reads tars too, but does not say where a member's bytes lie in the file, cannot walk a tar inside a tar in
/// place, and refuses names in UTF-8 where the locale is plain C; so the headers are read here.
///
///     var reader = TarReader(file, 0..<file.byteCount)
///     while try reader.next() { print(reader.pathText, reader.offset, reader.byteCount) }
package struct TarReader {
    /// The member's path in UTF-8, without leading "./" or "/".
    private(set) var path: [UInt8] = []
    /// Where the member's bytes begin, counted from the start of the file.
    package private(set) var offset = 0
    package private(set) var byteCount = 0

    private let source: any RandomAccessBytes
    private let range: Range<Int>
    private let window: ByteWindow
    private var position: Int
    /// What extended headers said about the next member.
    private var longPath: [UInt8]?
    private var longByteCount: Int?

    /// The longest extended header that is read; more is taken for damage.
    private static let longestExtension = 1 << 20

    /// - Parameter range: the bytes of the tar, which may be a member of another.
    package init(_ source: any RandomAccessBytes, _ range: Range<Int>) {
        self.source = source
        self.range = range
        window = ByteWindow(source)
        position = range.lowerBound
    }

    package var pathText: String { String(decoding: path, as: UTF8.self) }

    /// Goes to the next regular file; directories, links and devices are passed over.
    /// - Returns: false at the end of the archive.
    /// - Throws: a `Problem` where the bytes are no tar, are damaged, or end too early.
    package mutating func next() throws(Problem) -> Bool {
        while true {
            guard position + TarHeader.byteCount <= range.upperBound else {
                throw truncated("it ends at byte \(range.upperBound) without the mark that ends an archive")
            }
            let header = TarHeader(try window.bytes(at: position, count: TarHeader.byteCount))
            if header.isZero { return false }
            guard header.isWhole else { throw damage() }
            guard let stored = header.byteCount else { throw damage() }
            let start = position + TarHeader.byteCount
            let length = header.isExtension ? stored : longByteCount ?? stored
            guard length <= range.upperBound - start else {
                let name = header.isExtension ? "an extended header" : String(decoding: longPath ?? header.path, as: UTF8.self)
                throw truncated("\(name) needs \(length) bytes from byte \(start) on, and \(range.upperBound - start) are there")
            }
            position = start + (length + TarHeader.byteCount - 1) / TarHeader.byteCount * TarHeader.byteCount
            if header.isExtension {
                try take(header, start: start, length: length)
                continue
            }
            defer { (longPath, longByteCount) = (nil, nil) }
            guard header.isFile else { continue }
            path = Self.plain(longPath ?? header.path)
            guard !path.isEmpty else { throw damage() }
            (offset, byteCount) = (start, length)
            return true
        }
    }

    /// Keeps what an extended header says about the next member.
    private mutating func take(_ header: TarHeader, start: Int, length: Int) throws(Problem) {
        guard length <= Self.longestExtension else { throw damage() }
        switch header.type {
        case UInt8(ascii: "L"):
            longPath = [UInt8](try source.data(count: length, at: start).prefix { $0 != 0 })
        case UInt8(ascii: "x"):
            let records = PaxRecords(try source.data(count: length, at: start))
            guard records.isWhole else { throw damage() }
            guard !records.isSparse else {
                throw Problem(
                    "byte \(start - TarHeader.byteCount) begins a sparse file, which is not read in place", at: source.path,
                    remedy: "pack it again without --sparse")
            }
            longPath = records.path ?? longPath
            longByteCount = records.byteCount ?? longByteCount
        default: break  // a long link's target, or remarks for the whole archive
        }
    }

    /// Without "./" or "/" in front.
    private static func plain(_ path: [UInt8]) -> [UInt8] {
        var rest = path[...]
        while true {
            if rest.first == UInt8(ascii: "/") {
                rest = rest.dropFirst()
            } else if rest.starts(with: [UInt8(ascii: "."), UInt8(ascii: "/")]) {
                rest = rest.dropFirst(2)
            } else {
                return rest.count == path.count ? path : Array(rest)
            }
        }
    }

    private func damage() -> Problem {
        if position > range.lowerBound {
            return Problem("the tar is damaged: byte \(position) begins no member", at: source.path, remedy: ArchiveStream.damagedRemedy)
        }
        guard let start = try? source.data(count: min(6, range.count), at: range.lowerBound) else {
            return Problem("not a tar file", at: source.path)
        }
        let packed = start.starts(with: [0x1F, 0x8B]) || start.starts(with: [0x42, 0x5A, 0x68]) || start == Data([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])
        return packed
            ? Problem(
                "the tar is compressed, and samples cannot be read from the middle of it", at: source.path,
                remedy: "unpack it to a plain .tar first")
            : Problem("not a tar file: its first 512 bytes are no tar header", at: source.path)
    }

    private func truncated(_ what: String) -> Problem {
        Problem("truncated: \(what)", at: source.path, remedy: ArchiveStream.damagedRemedy)
    }
}

/// The part of a file around the last header, so that headers close together share a read.
private final class ByteWindow {
    private let source: any RandomAccessBytes
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    private var held = 0..<0

    init(_ source: any RandomAccessBytes) { self.source = source }
    deinit { memory.deallocate() }

    /// `count` bytes from `offset` on, good until the next call.
    func bytes(at offset: Int, count: Int) throws(Problem) -> UnsafeRawBufferPointer {
        if offset < held.lowerBound || offset + count > held.upperBound {
            // After a leap over a large member, reading far ahead would only fetch bytes of the next one.
            let isFar = !held.isEmpty && offset - held.upperBound > memory.count
            let length = min(isFar ? 2 * count : memory.count, source.byteCount - offset)
            held = 0..<0
            try source.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<max(length, count)]), at: offset)
            held = offset..<offset + max(length, count)
        }
        let start = offset - held.lowerBound
        return UnsafeRawBufferPointer(rebasing: memory[start..<start + count])
    }
}
