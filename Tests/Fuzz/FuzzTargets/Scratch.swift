import CMemory
import Foundation
import Synchronization

/// A file in memory, for readers that take a path.
final class ScratchFile {
    private let descriptor: Int32
    let path: String

    init(_ bytes: Data) throws {
        descriptor = filterscope_memory("fuzz")
        guard descriptor >= 0 else { throw Violation("no file in memory: \(errno)") }
        path = "/proc/self/fd/\(descriptor)"
        try writeAll(bytes, to: descriptor)
    }

    deinit { close(descriptor) }
}

/// A folder in memory, for readers that look for several files; removed with what lies in it.
final class ScratchFolder {
    private static let numbers = Mutex(0)
    let path: String
    private var files: [String] = []
    private var folders: [String] = []

    init() throws {
        let number = Self.numbers.withLock { number in
            number += 1
            return number
        }
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : FileManager.default.temporaryDirectory.path
        path = "\(parent)/fsfuzz-\(getpid())-\(number)"
        try add(folder: "")
    }

    deinit {
        for file in files { unlink(file) }
        for folder in folders.reversed() { rmdir(folder) }
    }

    func add(folder name: String) throws {
        let place = name.isEmpty ? path : "\(path)/\(name)"
        guard mkdir(place, 0o700) == 0 else { throw Violation("no folder \(place): \(errno)") }
        folders.append(place)
    }

    func add(_ name: String, _ bytes: Data) throws {
        let place = "\(path)/\(name)"
        let descriptor = open(place, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Violation("no file \(place): \(errno)") }
        files.append(place)
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor)
    }
}

private func writeAll(_ bytes: Data, to descriptor: Int32) throws {
    let written = bytes.withUnsafeBytes { bytes in bytes.isEmpty ? 0 : write(descriptor, bytes.baseAddress, bytes.count) }
    guard written == bytes.count else { throw Violation("\(written) of \(bytes.count) bytes written: \(errno)") }
}
