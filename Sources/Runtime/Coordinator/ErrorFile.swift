import Diagnostics
import Foundation

/// The file that a local worker's standard error goes to. When it has grown to its limit, what is there moves to `<name>.1`, where it
/// takes the place of what was there before, and the file begins anew: twice the limit is the most.
struct ErrorFile {
    let path: String
    let limit: Int

    /// A handle for a process to write to. Every write goes to the end, wherever that is by then.
    func opened() -> FileHandle? {
        rotateIfLarge()
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        return descriptor >= 0 ? FileHandle(fileDescriptor: descriptor, closeOnDealloc: true) : nil
    }

    /// The process keeps its descriptor, so the content is moved, not the file. What it writes between copying and cutting is copied as
    /// well as long as there is any; a last few bytes at that very moment may be lost.
    func rotateIfLarge() {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size >= limit else { return }
        guard let source = FileHandle(forReadingAtPath: path) else { return }
        let former = path + ".1"
        guard FileManager.default.createFile(atPath: former, contents: nil), let target = FileHandle(forWritingAtPath: former) else { return }
        while let part = try? source.read(upToCount: 1 << 20), !part.isEmpty {
            // A full disk: better to keep the file long than to lose it.
            guard (try? target.write(contentsOf: part)) != nil else { return }
        }
        _ = truncate(path, 0)
    }
}
