import CArchive
import Diagnostics
import Foundation

/// A file's bytes in order, gunzipped where the file is gzip, by libarchive. The gzip checksum is checked here, for
/// libarchive's filter skips it in the versions that Debian 12 ships.
final class ArchiveStream {
    let path: String
    /// Whether the file is gzip, by its content.
    private(set) var isGzip = false
    /// Bytes of the file as it lies on the disk.
    let storedByteCount: Int
    private let archive: OpaquePointer
    private var scratch = [UInt8](repeating: 0, count: 1 << 18)
    /// Bytes of `scratch` that were read and not yet taken.
    private var pending = 0..<0
    private var atEnd = false
    private var checksum = CyclicRedundancyCheck()

    init(_ path: String) throws(Problem) {
        self.path = path
        guard let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int else {
            throw Problem("the file cannot be read", at: path, remedy: "check that it is there and readable")
        }
        storedByteCount = size
        guard let archive = archive_read_new() else { throw Problem("libarchive found no memory", at: path) }
        self.archive = archive
        archive_read_support_filter_gzip(archive)
        archive_read_support_format_raw(archive)
        archive_read_support_format_empty(archive)
        guard archive_read_open_filename(archive, path, scratch.count) == ARCHIVE_OK else { throw failure() }
        var entry: OpaquePointer?
        switch archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK: isGzip = archive_filter_code(archive, 0) == ARCHIVE_FILTER_GZIP
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
            data.append(contentsOf: scratch[taken])
            pending = taken.upperBound..<pending.upperBound
            wanted -= taken.count
        }
    }

    /// Reads to the end of the file, checks the gzip checksum, and returns how many bytes were left.
    func finish() throws(Problem) -> Int {
        var left = 0
        while try fill() {
            left += pending.count
            pending = 0..<0
        }
        if isGzip { try checkTrailer() }
        return left
    }

    /// Whether unread bytes stand in `scratch`, after reading more if there were none.
    private func fill() throws(Problem) -> Bool {
        guard pending.isEmpty, !atEnd else { return !pending.isEmpty }
        let count = scratch.withUnsafeMutableBytes { archive_read_data(archive, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw failure() }
        atEnd = count == 0
        pending = 0..<count
        if isGzip { checksum.update(scratch[pending]) }
        return count > 0
    }

    /// A gzip file ends with the checksum and the length of what was packed, four little-endian bytes each (RFC 1952).
    private func checkTrailer() throws(Problem) {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw Problem("the file cannot be read", at: path) }
        defer { try? handle.close() }
        var trailer = Data()
        do {
            try handle.seek(toOffset: UInt64(max(0, storedByteCount - 8)))
            trailer = try handle.read(upToCount: 8) ?? Data()
        } catch {
            throw Problem("the gzip trailer cannot be read: \(error)", at: path)
        }
        let stored = trailer.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let length = trailer.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard trailer.count == 8, stored == checksum.value, length == UInt32(truncatingIfNeeded: checksum.byteCount) else {
            throw Problem(
                "the gzip checksum does not match, so the file is damaged (or joined from several)", at: path,
                remedy: Self.damagedRemedy)
        }
    }

    static let damagedRemedy = "delete it and fetch it again"

    private func failure() -> Problem {
        let message = archive_error_string(archive).map { String(cString: $0) } ?? "unknown fault"
        return Problem(
            isGzip ? "the gzip data is damaged: \(message)" : "the file cannot be read: \(message)", at: path,
            remedy: isGzip ? Self.damagedRemedy : nil)
    }
}
