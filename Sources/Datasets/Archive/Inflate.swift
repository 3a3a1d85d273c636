import CArchive
import Diagnostics
import Foundation

/// Unpacks gzip data in memory by libarchive; its checksum is not looked at.
/// - Parameter limit: the most bytes that are unpacked.
func inflate(_ gzip: Data, limit: Int, location: String) throws(Problem) -> [UInt8] {
    guard let archive = archive_read_new() else { throw Problem("libarchive found no memory", at: location) }
    defer { archive_read_free(archive) }
    archive_read_support_filter_gzip(archive)
    archive_read_support_format_raw(archive)
    // The memory must stay in place until all is read.
    let packed = [UInt8](gzip)
    var result: [UInt8] = []
    let message: String? = packed.withUnsafeBytes { bytes in
        func failure() -> String { archive_error_string(archive).map { String(cString: $0) } ?? "unknown fault" }
        guard archive_read_open_memory(archive, bytes.baseAddress, bytes.count) == ARCHIVE_OK else { return failure() }
        var entry: OpaquePointer?
        guard archive_read_next_header(archive, &entry) == ARCHIVE_OK else { return failure() }
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            switch archive_read_data_block(archive, &start, &count, &offset) {
            case ARCHIVE_OK:
                guard result.count + count <= limit else { return "it unpacks to more than \(limit) bytes" }
                result.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
            case ARCHIVE_EOF: return nil
            default: return failure()
            }
        }
    }
    if let message { throw Problem("the packed data is damaged: \(message)", at: location, remedy: ArchiveStream.damagedRemedy) }
    return result
}
