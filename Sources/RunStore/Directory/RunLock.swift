import Diagnostics
import Foundation
import Tensors

/// Holds a run directory for one coordinator. The kernel lets go of it when the process ends, however it ends.
public final class RunLock: Sendable {
    private let descriptor: Int32

    init(path: String) throws(Problem) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fileProblem(errno, "cannot be written", path: path) }
        guard Self.take(descriptor) else {
            let code = errno
            defer { close(descriptor) }
            guard code == EWOULDBLOCK else { throw fileProblem(code, "cannot be locked", path: path) }
            throw Problem(
                "another coordinator works on this run (\(Self.holder(descriptor)))", at: path,
                remedy: "wait for it, stop it, or name another directory with --run")
        }
        // Who holds it, for whoever is refused. The file's time tells when the run was last started.
        let text = Array("process \(getpid()) on \(ProcessInfo.processInfo.hostName)\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
        futimens(descriptor, nil)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// An observer's look at the lock lasts for a moment, so that one refusal is not yet an answer.
    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 0..<20 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            usleep(10_000)
        }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    /// Whether a process holds the lock. A lock that cannot be looked at counts as held.
    static func isHeld(path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno != ENOENT }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).prefix { !$0.isNewline }
        return text.isEmpty ? "unknown process" : String(text)
    }
}
