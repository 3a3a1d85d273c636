import Diagnostics
import Foundation
import Tensors

/// Bytes that can be read at any place.
package protocol RandomAccessBytes: Sendable {
    /// Where they come from, for messages.
    var path: String { get }
    var byteCount: Int { get }
    /// Fills `target` with the bytes from `offset` on.
    func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws(Problem)
}

extension RandomAccessBytes {
    package func data(count: Int, at offset: Int) throws(Problem) -> Data {
        guard count > 0 else { return Data() }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        do throws(Problem) { try read(into: memory, at: offset) } catch {
            memory.deallocate()
            throw error
        }
        // From here on the Data owns the memory.
        guard let base = memory.baseAddress else { return Data() }
        return Data(bytesNoCopy: base, count: count, deallocator: .custom { pointer, _ in pointer.deallocate() })
    }
}

/// A regular file, open for reading from any thread at any place.
package final class RandomAccessFile: RandomAccessBytes {
    package let path: String
    /// Bytes when it was opened.
    package let byteCount: Int
    /// When it was last written, in nanoseconds since 1970.
    let modified: Int64
    private let descriptor: Int32

    package init(_ path: String) throws(Problem) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fileProblem(errno, "cannot be read", path: path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw fileProblem(code, "cannot be read", path: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Problem("not a regular file", at: path)
        }
        byteCount = Int(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    deinit { close(descriptor) }

    package func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws(Problem) {
        var done = 0
        while done < target.count {
            let count = pread(descriptor, target.baseAddress.map { $0 + done }, target.count - done, off_t(offset + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw fileProblem(errno, "reading \(target.count) bytes from byte \(offset) on failed", path: path)
            }
            guard count > 0 else {
                var status = stat()
                let end = fstat(descriptor, &status) == 0 ? Int(status.st_size) : offset + done
                throw Problem(
                    "the file ends at byte \(end), where \(target.count) bytes from byte \(offset) on are needed", at: path,
                    remedy: "it was cut short, perhaps while in use: fetch it again")
            }
            done += count
        }
    }
}

/// Bytes in memory, of a file that was unpacked.
package struct UnpackedBytes: RandomAccessBytes {
    package let path: String
    let bytes: Data

    package init(path: String, bytes: Data) {
        self.path = path
        self.bytes = bytes
    }

    package var byteCount: Int { bytes.count }

    package func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws(Problem) {
        guard offset >= 0, offset + target.count <= bytes.count else {
            throw Problem("\(bytes.count) bytes, where \(target.count) from byte \(offset) on are needed", at: path)
        }
        let start = bytes.startIndex + offset
        bytes.copyBytes(to: target, from: start..<start + target.count)
    }
}
