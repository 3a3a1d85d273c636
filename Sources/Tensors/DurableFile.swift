import Diagnostics
import Foundation

/// A file that is either there whole or not there at all: written beside its place, flushed to disk, then renamed. Whatever
/// stood at the path before stays until the new file is whole; a failure leaves nothing behind.
///
///     try DurableFile.write(data, to: "results/summary.json")
public struct DurableFile: ~Copyable {
    public let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var isOpen = true

    /// Opens `<path>.tmp-<process id>` for writing.
    public init(path: String) throws(Problem) {
        self.path = path
        temporaryPath = "\(path).tmp-\(getpid())"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fileProblem(errno, "cannot be written", path: path) }
    }

    deinit {
        guard isOpen else { return }
        close(descriptor)
        unlink(temporaryPath)
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw fileProblem(errno, "cannot be written", path: path)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Puts the file in its place; returns when it would survive a loss of power.
    public consuming func commit() throws(Problem) {
        guard fsync(descriptor) == 0 else { throw fileProblem(errno, "cannot be written", path: path) }
        guard rename(temporaryPath, path) == 0 else { throw fileProblem(errno, "cannot be put in place", path: path) }
        isOpen = false
        close(descriptor)
        // The rename lasts only once the directory itself is on disk.
        let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { return }
        fsync(handle)
        close(handle)
    }

    /// Writes `data` as the whole file.
    public static func write(_ data: Data, to path: String) throws(Problem) {
        let file = try DurableFile(path: path)
        // `Data.withUnsafeBytes` has no typed throws.
        let outcome: Result<Void, Problem> = data.withUnsafeBytes { bytes in
            do throws(Problem) { return .success(try file.write(bytes)) } catch { return .failure(error) }
        }
        try outcome.get()
        try file.commit()
    }
}

/// A failed system call on a file as a fault that says what to do.
///
/// - Parameter code: the value of `errno` right after the call.
public func fileProblem(_ code: Int32, _ what: String, path: String) -> Problem {
    let remedy: String
    switch code {
    case ENOSPC: remedy = "the disk is full: free some space there, then run the command again"
    case EDQUOT: remedy = "the disk quota is used up: free some space there, then run the command again"
    case EFBIG: remedy = "the file would be larger than this system allows: raise the limit (ulimit -f)"
    case EACCES, EPERM: remedy = "permission denied: change the owner or the rights of the file and its directory"
    case EROFS: remedy = "the file system is read-only: name a path on another one"
    case ENOENT: remedy = "no such file or directory"
    case ENOTDIR: remedy = "a part of the path is a file, not a directory"
    case EISDIR: remedy = "it is a directory, not a file"
    case EMFILE, ENFILE: remedy = "too many files are open: raise the limit (ulimit -n)"
    default: remedy = String(cString: strerror(code))
    }
    return Problem(what, at: path, remedy: remedy)
}
