import Foundation
import TestSupport
import Testing

/// Several machines that ssh reaches, played by sshd processes on the loopback address: each has a port of its own and, for
/// workers, a directory of its own. Everything lies in one scratch directory.
final class TrialHosts {
    let temporary: TemporaryDirectory
    private var servers: [String: RunningProcess] = [:]
    private var ports: [String: Int] = [:]
    /// sshd of root wants this directory; Debian's service makes it.
    private static let separation = "/run/sshd"
    private var madeSeparation = false
    private var wrongKeys: Set<String> = []
    /// A socket that takes connections and says nothing.
    private var silent: Int32 = -1

    init() throws {
        temporary = try TemporaryDirectory("filterscope-hosts")
        if getuid() == 0, !FileManager.default.fileExists(atPath: Self.separation) {
            try FileManager.default.createDirectory(atPath: Self.separation, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
            madeSeparation = true
        }
        for name in ["machine", "user", "stranger"] {
            let outcome = try runProcess("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", temporary.file(name)])
            try #require(outcome.status == 0, "\(outcome.stderr)")
        }
        try FileManager.default.copyItem(atPath: temporary.file("user.pub"), toPath: temporary.file("authorized"))
        let machine = try String(contentsOfFile: temporary.file("machine.pub"), encoding: .utf8)
        try temporary.write(Data(("laboratory " + machine).utf8), to: "known")
    }

    deinit {
        for server in servers.values { server.signal(SIGKILL) }
        // What a failed test leaves.
        let files = FileManager.default.enumerator(atPath: temporary.path)?.compactMap { $0 as? String } ?? []
        for file in files where file.hasSuffix("/process") { if let process = Self.process(temporary.file(file)) { Foundation.kill(process, SIGKILL) } }
        if silent >= 0 { close(silent) }
        if madeSeparation { rmdir(Self.separation) }
    }

    // MARK: Machines

    /// Starts one, or starts it again.
    func start(_ name: String) throws {
        let port = try ports[name] ?? Self.freePort()
        ports[name] = port
        let configuration = """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(temporary.file("machine"))
            AuthorizedKeysFile \(temporary.file("authorized"))
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            """
        let path = try temporary.write(Data((configuration + "\n").utf8), to: name + ".sshd")
        // Behind a process that lives as long as the tests at most, and that leaves open what it inherits, unlike sshd: by that
        // Foundation knows that it runs.
        let command = #"setpriv --pdeathsig KILL /usr/sbin/sshd -D -e -f "$0" & exec tail --pid="$1" -f /dev/null"#
        let server = try RunningProcess("/bin/bash", ["-c", command, path, "\(ProcessInfo.processInfo.processIdentifier)"])
        servers[name] = server
        try waitUntil("sshd of \(name) listens") {
            guard !server.stderr.contains("Cannot bind") else { throw Disturbed("sshd ended", server) }
            return server.stderr.contains("Server listening")
        }
    }

    /// One that nobody listens for.
    func addMissing(_ name: String) throws { ports[name] = try Self.freePort() }

    /// One that refuses this user's key.
    func addStranger(_ name: String, of machine: String) {
        ports[name] = ports[machine]
        wrongKeys.insert(name)
    }

    /// One that takes a connection and falls silent.
    func addSilent(_ name: String) throws {
        let (descriptor, port) = try Self.listening()
        silent = descriptor
        ports[name] = port
    }

    /// As if it lost its power.
    func kill(_ name: String, identity: String) throws {
        stopServer(name)
        let process = try #require(Self.process(directory(name) + "/\(identity)/\(name)/process"))
        Foundation.kill(process, SIGKILL)
    }

    func stopServer(_ name: String) {
        servers[name]?.signal(SIGKILL)
        _ = try? servers[name]?.wait(timeout: 10)
        servers[name] = nil
    }

    func directory(_ name: String) -> String { temporary.file("remote-" + name) }

    // MARK: Files for ssh and the command

    /// ssh's configuration, with every machine so far.
    func sshConfiguration() throws -> String {
        var text = ports.sorted { $0.key < $1.key }.map { name, port in
            """
            Host \(name)
                HostName 127.0.0.1
                Port \(port)
                IdentityFile \(temporary.file(wrongKeys.contains(name) ? "stranger" : "user"))
            """
        }
        text.append("""
            Host *
                IdentitiesOnly yes
                HostKeyAlias laboratory
                UserKnownHostsFile \(temporary.file("known"))
                StrictHostKeyChecking yes
            """)
        return try temporary.write(Data((text.joined(separator: "\n") + "\n").utf8), to: "ssh.configuration")
    }

    /// - Parameter programs: for machines where it lies elsewhere.
    func hostsFile(_ names: [String], called file: String = "hosts", programs: [String: String] = [:]) throws -> String {
        let program = try filterscopeExecutable()
        let lines = names.map { "\($0) threads=1 program=\"\(programs[$0] ?? program)\" directory=\"\(directory($0))\"" }
        return try temporary.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: file)
    }

    static func freePort() throws -> Int {
        let (descriptor, port) = try listening()
        close(descriptor)
        return port
    }

    private static func process(_ path: String) -> Int32? {
        FileManager.default.contents(atPath: path).flatMap { String(decoding: $0, as: UTF8.self).split(separator: " ").first }.flatMap { Int32($0) }
    }

    private static func listening() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        try #require(result, "no port on the loopback address")
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}
