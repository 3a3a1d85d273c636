import Diagnostics
import Foundation
import Tensors

/// The files of a data set, wherever they lie: below a folder, or inside a tar that is read in place.
package final class FileTree: Sendable {
    /// The folder or the tar.
    let path: String
    package let table: MemberTable
    /// The tar; nil for a folder.
    private let tar: RandomAccessFile?

    init(path: String, table: MemberTable, tar: RandomAccessFile?) {
        self.path = path
        self.table = table
        self.tar = tar
    }

    /// Opens a tar by its index, which is made where there is none or the tar has changed since.
    package convenience init(tar path: String, cache: IndexCache = .standard) throws(Problem) {
        let file = try RandomAccessFile(path)
        self.init(path: path, table: try cache.table(of: file), tar: file)
    }

    /// Lists the files below some subfolders of a folder. Subfolders that are not there count as empty.
    package convenience init(folder path: String, subfolders: [String]) throws(Problem) {
        var builder = MemberTableBuilder()
        for subfolder in subfolders { try FolderWalk(root: path).add(subfolder, to: &builder) }
        let memory = builder.table(sourceByteCount: Int(UInt32.max), sourceModified: 0)
        guard let table = MemberTable(memory) else { throw Problem("its files cannot be listed", at: path) }
        self.init(path: path, table: table, tar: nil)
    }

    /// Where a member lies, for messages.
    package func location(_ member: Int) -> String { tar == nil ? "\(path)/\(table.path(member))" : "\(path), \(table.path(member))" }

    /// The bytes of a member, read anew each time.
    package func contents(_ member: Int) throws(Problem) -> Data {
        let count = table.byteCount(member)
        if let tar {
            do {
                return try tar.data(count: count, at: table.offset(member))
            } catch {
                throw Problem("\(table.path(member)): \(error.what)", at: error.location, remedy: error.remedy)
            }
        }
        return try Self.read(location(member))
    }

    /// The bytes of a whole file.
    static func read(_ path: String) throws(Problem) -> Data {
        let file = try RandomAccessFile(path)
        guard file.byteCount <= SampleEncoding.largestSample else {
            throw Problem("it has \(file.byteCount) bytes, more than the limit of \(SampleEncoding.largestSample)", at: path)
        }
        return try file.data(count: file.byteCount, at: 0)
    }

    /// The text of the file of that path in the tree; nil where there is none.
    func text(_ path: String) throws(Problem) -> String? {
        guard let member = table.member(path) else { return nil }
        return String(decoding: try contents(member), as: UTF8.self)
    }
}
