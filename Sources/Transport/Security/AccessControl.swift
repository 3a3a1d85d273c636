import Diagnostics
import Glibc
import Messages
import Synchronization

/// The allow list as it is at present. The file is looked at several times a second and read again when it has changed, so that
/// keys come and go without a restart.
public final class AccessControl: Sendable {
    enum News: Sendable {
        case changed(AccessTable)
        /// The new version cannot be used; the one before stays in force.
        case damaged(Problem)
    }

    /// What tells one version of the file from another.
    private struct Version: Equatable {
        var device: UInt64
        var file: UInt64
        var size: Int
        var changed: (Int, Int)
        var modified: (Int, Int)

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            file = UInt64(status.st_ino)
            size = Int(status.st_size)
            changed = (status.st_ctim.tv_sec, status.st_ctim.tv_nsec)
            modified = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }

        static func == (a: Version, b: Version) -> Bool {
            a.device == b.device && a.file == b.file && a.size == b.size && a.changed == b.changed && a.modified == b.modified
        }
    }

    private struct State {
        var table: AccessTable
        /// The version that was last looked into.
        var taken: Version?
        /// The version that was there at the last look.
        var seen: Version?
    }

    private let path: String?
    private let state: Mutex<State>

    /// - Throws: why the list cannot be used; without a list nobody would be admitted.
    public init(allowList path: String) throws(Problem) {
        self.path = path
        let version = Version(path)
        state = Mutex(State(table: try AllowList.load(path), taken: version, seen: version))
    }

    /// A list that does not change.
    public init(_ table: AccessTable) {
        path = nil
        state = Mutex(State(table: table))
    }

    public var table: AccessTable { state.withLock { $0.table } }

    func member(_ key: String?) -> AccessTable.Member? { state.withLock { $0.table[key] } }

    /// Looks at the file once; nil where nothing has changed. A new version is taken at the second look that finds it: an
    /// editor that empties a file and writes it anew must not cut everybody off in between.
    func refresh() -> News? {
        guard let path else { return nil }
        let version = Version(path)
        let isDue = state.withLock { state in
            defer { state.seen = version }
            return version != state.taken && version == state.seen
        }
        guard isDue else { return nil }
        do throws(Problem) {
            let table = try AllowList.load(path)
            let hasChanged = state.withLock { state in
                state.taken = version
                defer { state.table = table }
                return state.table != table
            }
            return hasChanged ? .changed(table) : nil
        } catch {
            state.withLock { $0.taken = version }
            return .damaged(error)
        }
    }
}
