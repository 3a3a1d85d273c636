import CArchive
import Foundation
import Testing

/// Tars and .tar.gz files made by libarchive.
enum TarFixture {
    enum Format { case ustar, pax, gnu, v7 }

    /// Writes members in order; those whose names end in "/" are folders.
    static func write(_ members: [(String, Data)], to path: String, format: Format = .pax, gzip: Bool = false) throws {
        // Names in UTF-8 need a locale that can hold them.
        let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
        let earlier = uselocale(locale)
        defer {
            uselocale(earlier)
            freelocale(locale)
        }
        let archive = try #require(archive_write_new())
        defer { archive_write_free(archive) }
        switch format {
        case .ustar: archive_write_set_format_ustar(archive)
        case .pax: archive_write_set_format_pax_restricted(archive)
        case .gnu: archive_write_set_format_gnutar(archive)
        case .v7: archive_write_set_format_v7tar(archive)
        }
        if gzip { archive_write_add_filter_gzip(archive) }
        try #require(archive_write_open_filename(archive, path) == ARCHIVE_OK)
        for (name, data) in members {
            let entry = archive_entry_new()
            defer { archive_entry_free(entry) }
            archive_entry_set_pathname(entry, name)
            archive_entry_set_filetype(entry, name.hasSuffix("/") ? 0o040000 : 0o100000)
            archive_entry_set_perm(entry, 0o644)
            archive_entry_set_size(entry, Int64(data.count))
            try #require(archive_write_header(archive, entry) == ARCHIVE_OK, "\(name)")
            let written = data.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
            try #require(written == data.count)
        }
        try #require(archive_write_close(archive) == ARCHIVE_OK)
    }

    /// The bytes of a tar.
    static func bytes(_ members: [(String, Data)], format: Format = .pax) throws -> Data {
        let path = FileManager.default.temporaryDirectory.path + "/filterscope-\(UUID().uuidString).tar"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write(members, to: path, format: format)
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }
}
