import Foundation
import TestSupport
import Testing

/// Files of this repository that tests start.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
}

/// A real Slurm with virtual nodes on this machine, as `Cluster/slurm/trial-cluster` makes it; gone with the last reference, and
/// also when the tests are killed.
final class TrialSlurm {
    /// What Slurm's commands need in their environment.
    let environment: [String: String]
    private let cluster: RunningProcess

    init(nodes: Int) throws {
        let script = Repository.root + "/Cluster/slurm/trial-cluster"
        let command = "echo $SLURM_CONF; exec tail --pid=\(ProcessInfo.processInfo.processIdentifier) -f /dev/null"
        let cluster = try RunningProcess(script, ["run", "--nodes", "\(nodes)", "--", "bash", "-c", command])
        self.cluster = cluster
        var configuration = ""
        try waitUntil("the trial cluster's nodes are ready") {
            guard cluster.isRunning else { throw Disturbed("no trial cluster", cluster) }
            configuration = String(decoding: cluster.stdout, as: UTF8.self)
            return configuration.hasSuffix("\n")
        }
        environment = ["SLURM_CONF": configuration.trimmingCharacters(in: .newlines)]
    }

    deinit { try? stop() }

    /// Where all that belongs to it lies.
    var directory: String { URL(fileURLWithPath: environment["SLURM_CONF"] ?? "").deletingLastPathComponent().path }

    func stop() throws {
        cluster.signal(SIGTERM)
        _ = try cluster.wait(timeout: 120)
    }

    /// One of Slurm's commands.
    /// - Returns: what it writes.
    @discardableResult func command(_ name: String, _ arguments: String..., in directory: String? = nil) throws -> String {
        try command(name, arguments, in: directory)
    }

    func command(_ name: String, _ arguments: [String], in directory: String? = nil) throws -> String {
        let outcome = try runProcess("/usr/bin/" + name, arguments, environment: environment, directory: directory)
        try #require(outcome.status == 0, "\(name) \(arguments): \(outcome.stderr)")
        return outcome.stdoutText
    }

    /// The step of that name that runs now.
    func step(_ name: String, of job: String) throws -> String? {
        let lines = try command("squeue", "--steps", "--noheader", "--jobs", job, "--format=%i %j").split(separator: "\n")
        return lines.first { $0.hasSuffix(" " + name) }?.split(separator: " ").first.map(String.init)
    }

    /// A field of `scontrol show job`.
    func field(_ name: String, of job: String) throws -> String {
        let words = try command("scontrol", "show", "job", job).split(whereSeparator: \.isWhitespace)
        return String(try #require(words.first { $0.hasPrefix(name + "=") }).dropFirst(name.count + 1))
    }
}
