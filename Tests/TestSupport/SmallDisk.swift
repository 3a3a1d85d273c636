import Foundation

/// A small file system of its own, to be filled up. Nil where mounting is not allowed, with the reason printed.
public final class SmallDisk {
    public let path: String
    private let directory: TemporaryDirectory

    public init?(bytes: Int) throws {
        directory = try TemporaryDirectory("filterscope-disk")
        path = directory.path
        let outcome = try runProcess("/bin/mount", ["-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", path])
        guard outcome.status == 0 else {
            print("no small disk, so this test of a full one is left out: \(outcome.stderr)")
            return nil
        }
    }

    /// Changes the mount, as by `size=16m` or `ro`.
    public func remount(_ options: String) throws {
        let outcome = try runProcess("/bin/mount", ["-o", "remount,\(options)", path])
        guard outcome.status == 0 else { throw ProcessFault("cannot remount \(path): \(outcome.stderr)") }
    }

    deinit { _ = try? runProcess("/bin/umount", ["-l", path]) }
}
