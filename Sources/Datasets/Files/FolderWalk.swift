import Diagnostics
import Foundation
import Tensors

/// Lists the regular files below a folder. Links are followed; paths stay the bytes that the file system gives.
struct FolderWalk {
    let root: String

    /// Folders within folders; deeper is taken for a link that leads back to where it lies.
    private static let greatestDepth = 12

    /// Adds the files below `subfolder` ("" for the root itself), with paths relative to the root.
    func add(_ subfolder: String, to builder: inout MemberTableBuilder) throws(Problem) {
        let prefix = subfolder.isEmpty ? [] : Array("\(subfolder)/".utf8)
        let path = subfolder.isEmpty ? root : "\(root)/\(subfolder)"
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw fileProblem(errno, "cannot be listed", path: path)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try walk(descriptor, path, prefix, depth: 0, &builder)
    }

    /// - Parameter descriptor: of the folder, or negative with `errno` set; closed here.
    private func walk(
        _ descriptor: Int32, _ path: String, _ prefix: [UInt8], depth: Int, _ builder: inout MemberTableBuilder
    ) throws(Problem) {
        guard descriptor >= 0 else { throw fileProblem(errno, "cannot be listed", path: path) }
        guard let stream = fdopendir(descriptor) else {
            let code = errno
            close(descriptor)
            throw fileProblem(code, "cannot be listed", path: path)
        }
        defer { closedir(stream) }
        guard depth <= Self.greatestDepth else {
            throw Problem("folders lie more than \(Self.greatestDepth) deep", at: path, remedy: "look for a link that leads back")
        }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { [UInt8]($0.prefix { $0 != 0 }) }
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            let cName = name.map(CChar.init(bitPattern:)) + [0]
            var status = stat()
            let text = String(decoding: name, as: UTF8.self)
            guard fstatat(dirfd(stream), cName, &status, 0) == 0 else {
                throw fileProblem(errno, "cannot be looked at", path: "\(path)/\(text)")
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                try builder.add(prefix + name, offset: 0, byteCount: Int(status.st_size), of: path)
            case S_IFDIR:
                let below = openat(dirfd(stream), cName, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                try walk(below, "\(path)/\(text)", prefix + name + [UInt8(ascii: "/")], depth: depth + 1, &builder)
            default: break
            }
        }
    }
}
