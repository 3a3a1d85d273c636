import Diagnostics
import Glibc

/// Files that only their owner may read or change: keys and allow lists.
enum ProtectedFile {
    /// What a file must not let others do.
    enum Protection {
        /// Nobody but its owner reads or writes it.
        case secret
        /// Nobody but its owner, or root, writes it.
        case unchanged
        /// Anybody may have made it: it holds nothing secret, and what it says is checked elsewhere.
        case none
    }

    /// The whole of a small file.
    /// - Throws: what is wrong with it, and the command that mends it.
    static func read(_ path: String, _ protection: Protection, atMost limit: Int = 64 << 10) throws(Problem) -> String {
        // Not blocking: a pipe in its place must not keep anybody waiting.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw fault("cannot be read", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fault("cannot be read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Problem("is no file", at: path) }
        try check(status, protection, path)
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count <= limit {
            let got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress.map { $0 + count }, limit + 1 - count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw fault("cannot be read", path) }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else { throw Problem("is larger than \(limit) bytes", at: path, remedy: "name another file") }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else { throw Problem("is no text", at: path) }
        return text
    }

    private static func check(_ status: stat, _ protection: Protection, _ path: String) throws(Problem) {
        let mode = status.st_mode & 0o7777
        let modeText = String(mode, radix: 8)
        let isForeign = status.st_uid != geteuid()
        switch protection {
        case .secret:
            guard !isForeign else { throw foreign(status, path) }
            guard mode & 0o077 == 0 else {
                throw Problem("holds a secret key, and others have access to it (mode \(modeText))", at: path, remedy: "run: chmod 600 \(path)")
            }
        case .unchanged:
            guard !isForeign || status.st_uid == 0 else { throw foreign(status, path) }
            guard mode & 0o022 == 0 else {
                throw Problem("says who is admitted, and others can change it (mode \(modeText))", at: path, remedy: "run: chmod 600 \(path)")
            }
        case .none: break
        }
    }

    private static func foreign(_ status: stat, _ path: String) -> Problem {
        Problem(
            "belongs to user \(status.st_uid), and this program runs as user \(geteuid())", at: path,
            remedy: "run: chown \(geteuid()) \(path) && chmod 600 \(path)")
    }

    /// Makes a file that was not there.
    static func create(_ path: String, _ text: String, mode: mode_t) throws(Problem) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw Problem("is there already and is not overwritten", at: path) }
            throw fault("cannot be written", path)
        }
        defer { close(descriptor) }
        guard fchmod(descriptor, mode) == 0, write(text, descriptor), fsync(descriptor) == 0 else {
            let problem = fault("cannot be written", path)
            unlink(path)
            throw problem
        }
    }

    /// Puts a new version in a file's place, whole or not at all.
    static func replace(_ path: String, _ text: String, mode: mode_t) throws(Problem) {
        let beside = "\(path).new-\(getpid())"
        unlink(beside)
        try create(beside, text, mode: mode)
        guard rename(beside, path) == 0 else {
            let problem = fault("cannot be written", path)
            unlink(beside)
            throw problem
        }
    }

    private static func write(_ text: String, _ descriptor: Int32) -> Bool {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    static func fault(_ what: String, _ path: String) -> Problem { Problem("\(what): \(String(cString: strerror(errno)))", at: path) }
}
