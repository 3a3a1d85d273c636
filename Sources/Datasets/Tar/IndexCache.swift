import Diagnostics
import Foundation
import Tensors

/// Where the indexes of tars are kept from one run to the next.
package struct IndexCache: Sendable {
    /// Nil where nothing is kept.
    let directory: String?

    package init(directory: String?) { self.directory = directory }

    /// `$FILTERSCOPE_CACHE`, else `$XDG_CACHE_HOME/filterscope`, else `~/.cache/filterscope`.
    package static var standard: IndexCache {
        let environment = ProcessInfo.processInfo.environment
        func named(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
        return IndexCache(
            directory: named("FILTERSCOPE_CACHE") ?? named("XDG_CACHE_HOME").map { "\($0)/filterscope" }
                ?? named("HOME").map { "\($0)/.cache/filterscope" })
    }

    /// Where the index of a tar is kept.
    package func indexPath(of tar: String) -> String? {
        let whole = realpath(tar, nil)
        defer { free(whole) }
        let name = whole.map { String(cString: $0) } ?? tar
        return directory.map { "\($0)/\(Digest.sha256(of: Data(name.utf8)).hexadecimal.prefix(32)).index" }
    }

    /// The table of a tar's files: from its index if that is whole and of the same length and time as the tar, else from one
    /// pass over the tar's headers, kept for the next time if the cache can be written.
    func table(of file: RandomAccessFile) throws(Problem) -> MemberTable {
        let kept = indexPath(of: file.path)
        if let kept, let memory = MemoryBlock(mapping: kept), let table = MemberTable(memory),
            table.sourceByteCount == file.byteCount, table.sourceModified == file.modified
        {
            return table
        }
        var builder = MemberTableBuilder()
        builder.reserve(pathBytes: min(file.byteCount / 16, 96 << 20))
        try Self.add(file, 0..<file.byteCount, prefix: [], nested: false, to: &builder)
        let memory = builder.table(sourceByteCount: file.byteCount, sourceModified: file.modified)
        if let kept, let directory { Self.keep(memory, at: kept, in: directory) }
        guard let table = MemberTable(memory) else { throw Problem("its index does not hold together", at: file.path) }
        return table
    }

    /// Adds the members of a tar. A tar inside it counts as the folder of its name, as ImageNet's training tar is packed.
    private static func add(
        _ file: RandomAccessFile, _ range: Range<Int>, prefix: [UInt8], nested: Bool, to builder: inout MemberTableBuilder
    ) throws(Problem) {
        var reader = TarReader(file, range)
        let suffix = Array(".tar".utf8)
        do {
            while try reader.next() {
                if !nested, reader.path.count > suffix.count, reader.path.suffix(suffix.count).elementsEqual(suffix) {
                    let bytes = reader.offset..<reader.offset + reader.byteCount
                    let folder = reader.path.dropLast(suffix.count) + [UInt8(ascii: "/")]
                    try add(file, bytes, prefix: Array(folder), nested: true, to: &builder)
                } else {
                    try builder.add(prefix + reader.path, offset: reader.offset, byteCount: reader.byteCount, of: file.path)
                }
            }
        } catch {
            guard nested else { throw error }
            let name = String(decoding: prefix.dropLast(), as: UTF8.self)
            throw Problem("in the inner \(name).tar: \(error.what)", at: error.location, remedy: error.remedy)
        }
    }

    /// An index that cannot be kept costs the next run a pass over the tar, and nothing else.
    private static func keep(_ memory: MemoryBlock, at path: String, in directory: String) {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let file = try DurableFile(path: path)
            try file.write(memory.bytes)
            try file.commit()
        } catch {
            return
        }
    }
}
