import Diagnostics
import Foundation

/// What `filterscope up HOSTS` started: kept beside the hosts file, in the directory `HOSTS.up`, so that `down` ends exactly that,
/// whatever the hosts file says by then.
struct LaunchRecord: Codable, Equatable, Sendable {
    /// Tells this cluster's workers from those that somebody else started on the same machines.
    var identity: String
    /// Where the workers connect.
    var connect: String
    /// The workers that may be running.
    var hosts: [Host]
    /// Whether `up` started a coordinator on this machine.
    var hasCoordinator: Bool

    /// Where a host's worker has its files.
    func directory(of host: Host) -> String {
        let root = host.directory.hasPrefix("~/") ? String(host.directory.dropFirst(2)) : host.directory
        return "\(root)/\(identity)/\(host.name)"
    }
}

/// The directory `HOSTS.up`, taken by one command at a time.
final class LaunchDirectory {
    let path: String
    private let lock: Int32
    private var recordPath: String { path + "/record.json" }
    /// Where the coordinator that `up` started here has its files.
    var coordinatorPath: String { path + "/coordinator" }

    static func path(for hostsPath: String) -> String { hostsPath + ".up" }

    /// - Parameter creating: whether it is made where it is missing.
    /// - Returns: nil where it is missing and is not to be made.
    init?(hostsPath: String, creating: Bool) throws(Problem) {
        var path = Self.path(for: hostsPath)
        if !path.hasPrefix("/") { path = FileManager.default.currentDirectoryPath + "/" + path }
        self.path = path
        if mkdir(path, 0o700) != 0, errno != EEXIST, creating {
            throw Problem(
                "cannot be made: \(String(cString: strerror(errno)))", at: path,
                remedy: "what was started is remembered there; put the hosts file where you may write")
        }
        if !creating, access(path + "/record.json", F_OK) != 0 {
            rmdir(path)
            return nil
        }
        lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            if lock >= 0 { close(lock) }
            guard reason == EWOULDBLOCK else { throw Problem("cannot be opened: \(String(cString: strerror(reason)))", at: path) }
            throw Problem("another \"filterscope up\" or \"down\" is at work on these hosts", at: path, remedy: "wait until it has ended")
        }
    }

    deinit { close(lock) }

    func read() throws(Problem) -> LaunchRecord? {
        guard let data = FileManager.default.contents(atPath: recordPath) else { return nil }
        guard let record = try? JSONDecoder().decode(LaunchRecord.self, from: data) else {
            throw Problem("cannot be understood", at: recordPath, remedy: "it was not written by this version; remove the directory when no worker runs any more")
        }
        return record
    }

    func write(_ record: LaunchRecord) throws(Problem) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(record).write(to: URL(fileURLWithPath: recordPath), options: .atomic)
        } catch {
            throw Problem("cannot be written: \(error.localizedDescription)", at: recordPath)
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
