import Diagnostics
import Glibc
import Messages

/// A directory of keys, as `filterscope keygen` makes it and `--keys` names it: `coordinator.key`, `coordinator.pub`, a pair for
/// each role, and `allowed`. A worker's machine needs `coordinator.pub` and `worker.key`.
public struct KeyDirectory: Sendable {
    public let path: String

    public init(_ path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    public var allowListPath: String { file("allowed") }
    func file(_ name: String) -> String { "\(path)/\(name)" }

    // MARK: Taking keys

    /// What a coordinator binds with: its own pair, and who is admitted.
    public func coordinator() throws(Problem) -> ServerKeys {
        let (_, pair) = try secret("coordinator.key")
        return ServerKeys(pair: pair, access: try AccessControl(allowList: allowListPath))
    }

    /// What somebody connects with.
    /// - Parameter roles: the key of the first of these that is there is taken.
    public func client(_ roles: [PeerRole]) throws(Problem) -> ClientKeys {
        let names = roles.map { "\($0.rawValue).key" }
        let server = try open { () throws(Problem) in try KeyFile.loadPublic(file("coordinator.pub")) }
        let name = names.first { access(file($0), F_OK) == 0 } ?? names[0]
        let (own, pair) = try secret(name)
        guard let role = PeerRole(rawValue: own.role) else {
            throw Problem("is a key for the role \"\(own.role.prefix(40))\"", at: file(name), remedy: "copy the file anew")
        }
        return ClientKeys(pair: pair, server: server.publicKey, role: role, name: own.name)
    }

    private func secret(_ name: String) throws(Problem) -> (KeyFile, KeyPair) {
        try open { () throws(Problem) in try KeyFile.loadSecret(file(name)) }
    }

    private func open<Value>(_ load: () throws(Problem) -> Value) throws(Problem) -> Value {
        guard access(path, F_OK) == 0 else {
            throw Problem("there is no such directory", at: path, remedy: "make keys with: filterscope keygen \(path)")
        }
        return try load()
    }

    // MARK: Making keys

    /// The names of the files that `make` makes, secret ones with mode 600.
    static let names = ["coordinator"] + PeerRole.allCases.map(\.rawValue)

    /// Makes the directory with a pair for the coordinator and one for each role, and the list that admits these.
    /// - Throws: where any of the files is there; nothing is overwritten.
    public func make() throws(Problem) {
        try makeFolder()
        let all = Self.names.flatMap { ["\($0).key", "\($0).pub"] } + ["allowed"]
        if let present = all.first(where: { access(file($0), F_OK) == 0 }) {
            throw Problem(
                "holds \(present) already, and keys are not overwritten", at: path,
                remedy: "filterscope keygen \(path) --add ROLE NAME makes a further key; or name another directory")
        }
        var made: [String] = []
        do throws(Problem) {
            var list = Self.listHead
            for name in Self.names {
                let pair = try KeyPair.random()
                try write(KeyFile(role: name, name: name, pair), to: file(name), &made)
                if let role = PeerRole(rawValue: name) { list += AllowList.line(role, pair.publicKey, name) }
            }
            try ProtectedFile.create(allowListPath, list, mode: 0o600)
        } catch {
            for path in made { unlink(path) }
            throw error
        }
    }

    private static let listHead = """
        # Who may connect: a line for each key, with role (worker, observer, operator), public key and name.
        # The coordinator reads it again when it changes. Without its line a key is cut off at once.

        """

    /// Makes a further key, admits it, and puts what its machine needs into a folder of its own.
    /// - Returns: the folder, to be copied there.
    public func add(_ role: PeerRole, name: String) throws(Problem) -> String {
        guard AllowList.isName(name), !Self.names.contains(name), name != "allowed" else {
            throw Problem("\"\(name)\" cannot be a key's name", at: path, remedy: AllowList.nameRule)
        }
        return try changingList { text, table throws(Problem) in
            guard !table.members.values.contains(where: { $0.name == name }) else {
                throw Problem("the name \"\(name)\" is taken", at: allowListPath, remedy: "choose another, or revoke that key first")
            }
            let server = try KeyFile.loadPublic(file("coordinator.pub"))
            let folder = file(name)
            guard mkdir(folder, 0o700) == 0 else {
                if errno == EEXIST { throw Problem("is there already and is not overwritten", at: folder, remedy: "choose another name") }
                throw ProtectedFile.fault("cannot be made", folder)
            }
            var made: [String] = []
            do throws(Problem) {
                let pair = try KeyPair.random()
                try write(KeyFile(role: role.rawValue, name: name, pair), to: "\(folder)/\(role.rawValue)", &made)
                try ProtectedFile.create("\(folder)/coordinator.pub", server.publicText, mode: 0o644)
                made.append("\(folder)/coordinator.pub")
                let separator = text.hasSuffix("\n") || text.isEmpty ? "" : "\n"
                try ProtectedFile.replace(
                    allowListPath, text + separator + AllowList.line(role, pair.publicKey, name), mode: 0o600)
            } catch {
                for path in made { unlink(path) }
                rmdir(folder)
                throw error
            }
            return folder
        }
    }

    /// Takes a key's line out of the list, leaving a comment.
    /// - Returns: how many lines had the name.
    public func revoke(name: String) throws(Problem) -> Int {
        try changingList { text, _ throws(Problem) in
            var count = 0
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { line in
                let words = line.split(whereSeparator: \.isWhitespace)
                guard words.count == 3, words[0].first != "#", words[2] == name else { return String(line) }
                count += 1
                return "# revoked: \(line)"
            }
            guard count > 0 else {
                throw Problem("admits nobody called \"\(name)\"", at: allowListPath, remedy: "the names are the third words of its lines")
            }
            try ProtectedFile.replace(allowListPath, lines.joined(separator: "\n"), mode: 0o600)
            return count
        }
    }

    /// One change of the list at a time.
    private func changingList<Value>(
        _ change: (_ text: String, _ table: AccessTable) throws(Problem) -> Value
    ) throws(Problem) -> Value {
        try open { () throws(Problem) in
            let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else { throw ProtectedFile.fault("cannot be locked", path) }
            defer { close(descriptor) }
            let text = try ProtectedFile.read(allowListPath, .unchanged, atMost: AllowList.largest)
            return try change(text, try AllowList.parse(text, at: allowListPath))
        }
    }

    private func write(_ key: KeyFile, to path: String, _ made: inout [String]) throws(Problem) {
        try ProtectedFile.create(path + ".key", key.secretText, mode: 0o600)
        made.append(path + ".key")
        try ProtectedFile.create(path + ".pub", key.publicText, mode: 0o644)
        made.append(path + ".pub")
    }

    /// A new folder with mode 700, or one that is there.
    private func makeFolder() throws(Problem) {
        if mkdir(path, 0o700) == 0 { return }
        guard errno == EEXIST else { throw ProtectedFile.fault("cannot be made", path) }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { throw Problem("is no directory", at: path) }
        guard status.st_uid == geteuid() else {
            throw Problem("belongs to user \(status.st_uid), and this program runs as user \(geteuid())", at: path, remedy: "name another directory")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Problem(
                "others have access to it (mode \(String(status.st_mode & 0o7777, radix: 8)))", at: path,
                remedy: "run: chmod 700 \(path)")
        }
    }
}
