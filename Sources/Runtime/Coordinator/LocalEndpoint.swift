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
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try body("ipc://\(directory)/coordinator")
}

/// What was asked for, or the cores shared out among the workers.
func threadsPerWorker(_ threads: Int?, workers: Int) -> Int {
    threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount / workers)
}
