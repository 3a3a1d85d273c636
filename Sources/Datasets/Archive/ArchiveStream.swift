import CArchive
import Diagnostics
import Foundation

/// A file's bytes in order, gunzipped where the file is gzip, by libarchive. The gzip checksum is checked here, for
/// libarchive's filter skips it in the versions that Debian 12 ships.
final class ArchiveStream {
    let path: String
    /// Whether the file is gzip, by its content.
    let isGzip: Bool
    /// Bytes of the file as it lies on the disk.
    let storedByteCount: Int
    /// The file's last eight bytes.
    private let trailer: Data
    private let archive: OpaquePointer
    /// What was unpacked and not yet taken; libarchive's own memory, good until the next call.
    private var pending = UnsafeRawBufferPointer(start: nil, count: 0)[...]
    private var atEnd = false
    /// Whether libarchive reported a fault; nothing more can be read then.
    private(set) var hasFailed = false
    private var checksum = CyclicRedundancyCheck()

    init(_ path: String) throws(Problem) {
        self.path = path
        let start: Data
        (storedByteCount, start, trailer) = try Self.ends(of: path)
        // libarchive tells the filter only after it has unpacked a first block, too late for a message about that block.
        isGzip = start == Data([0x1F, 0x8B])
        guard let archive = archive_read_new() else { throw Problem("libarchive found no memory", at: path) }
        self.archive = archive
        archive_read_support_filter_gzip(archive)
        archive_read_support_format_raw(archive)
        archive_read_support_format_empty(archive)
        guard archive_read_open_filename(archive, path, 1 << 18) == ARCHIVE_OK else { throw failure() }
        var entry: OpaquePointer?
        switch archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK: break
        case ARCHIVE_EOF: atEnd = true
        default: throw failure()
        }
    }

    deinit { archive_read_free(archive) }

    /// Appends up to `count` bytes to `data`; fewer only at the end of the file. What was read before a failure stays in
    /// `data`.
    func read(_ count: Int, into data: inout Data) throws(Problem) {
        var wanted = count
        while wanted > 0, try fill() {
            let taken = pending.prefix(wanted)
            data.append(contentsOf: UnsafeRawBufferPointer(rebasing: taken))
            pending = pending.dropFirst(taken.count)
            wanted -= taken.count
        }
    }

    /// Reads to the end of the file, checks the gzip checksum, and returns how many bytes were left.
    func finish() throws(Problem) -> Int {
        var left = 0
        while try fill() {
            left += pending.count
            pending = pending.suffix(0)
        }
        if isGzip { try checkTrailer() }
        return left
    }

    /// Whether unpacked bytes are pending, after unpacking more if there were none.
    private func fill() throws(Problem) -> Bool {
        while pending.isEmpty, !atEnd {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            switch archive_read_data_block(archive, &start, &count, &offset) {
            case ARCHIVE_OK: pending = UnsafeRawBufferPointer(start: start, count: count)[...]
            case ARCHIVE_EOF: atEnd = true
            default: throw failure()
            }
            if isGzip { checksum.update(pending) }
        }
        return !pending.isEmpty
    }

    /// A gzip file ends with the checksum and the length of what was packed, four little-endian bytes each (RFC 1952).
    private func checkTrailer() throws(Problem) {
        let stored = trailer.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let length = trailer.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard trailer.count == 8, stored == checksum.value, length == UInt32(truncatingIfNeeded: checksum.byteCount) else {
            throw Problem(
                "the gzip checksum does not match, so the file is damaged (or joined from several)", at: path,
                remedy: Self.damagedRemedy)
        }
    }

    /// How long a file is, its first two bytes and its last eight; fewer where it is shorter.
    private static func ends(of path: String) throws(Problem) -> (byteCount: Int, start: Data, trailer: Data) {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            let start = try handle.read(upToCount: 2) ?? Data()
            let byteCount = Int(try handle.seekToEnd())
            try handle.seek(toOffset: UInt64(max(0, byteCount - 8)))
            return (byteCount, start, try handle.read(upToCount: 8) ?? Data())
        } catch {
            throw Problem("the file cannot be read", at: path, remedy: "check that it is a file and that you may read it")
        }
    }

    static let damagedRemedy = "delete it and fetch it again"

    private func failure() -> Problem {
        hasFailed = true
        let message = archive_error_string(archive).map { String(cString: $0) } ?? "unknown fault"
        return Problem(
            isGzip ? "the gzip data is damaged: \(message)" : "the file cannot be read: \(message)", at: path,
            remedy: isGzip ? Self.damagedRemedy : nil)
    }
}
