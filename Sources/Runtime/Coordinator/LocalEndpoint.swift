import Diagnostics
import Foundation

/// An address for a coordinator and workers of this machine alone. Sockets in the file system have short names, so it lies
/// in a private directory of its own, which is gone afterwards.
func withLocalEndpoint<Value>(_ body: (_ endpoint: String) throws -> Value) throws -> Value {
    let directory = FileManager.default.temporaryDirectory.path + "/filterscope-\(ProcessInfo.processInfo.processIdentifier)"
    do {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
        throw Problem("the directory for the local socket cannot be made: \(error.localizedDescription)", at: directory)
    }
    removeAbandonedEndpoints()
    // The system lets go of it when this process ends, however it ends: what nobody holds any more is rubbish.
    let lock = open(directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    if lock >= 0 { _ = flock(lock, LOCK_EX | LOCK_NB) }
    defer {
        try? FileManager.default.removeItem(atPath: directory)
        if lock >= 0 { close(lock) }
    }
    return try body("ipc://\(directory)/coordinator")
}

/// Directories of that kind whose process was killed.
private func removeAbandonedEndpoints() {
    let root = FileManager.default.temporaryDirectory.path
    for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
        guard name.hasPrefix("filterscope-"), name.dropFirst("filterscope-".count).allSatisfy(\.isNumber) else { continue }
        let directory = root + "/" + name
        let lock = open(directory + "/lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard lock >= 0 else { continue }
        defer { close(lock) }
        var status = stat()
        guard fstat(lock, &status) == 0, status.st_uid == getuid(), flock(lock, LOCK_EX | LOCK_NB) == 0 else { continue }
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// What was asked for, or the cores shared out among the workers.
func threadsPerWorker(_ threads: Int?, workers: Int) -> Int {
    threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount / workers)
}
