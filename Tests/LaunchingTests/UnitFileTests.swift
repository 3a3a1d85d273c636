import Foundation
import TestSupport
import Testing

/// Cluster/systemd, by systemd's own tools. `Cluster/systemd/trial-machine` starts the units for real; that takes root.
@Suite struct UnitFileTests {
    private static let analyze = "/usr/bin/systemd-analyze"

    /// The unit with the program where this test has one, as an instance that systemd's tools can look at.
    private static func unit(_ role: String, in directory: TemporaryDirectory, _ change: (String) -> String = { $0 }) throws -> String {
        let text = try ClusterFiles.text("Cluster/systemd/filterscope-\(role)@.service")
        try #require(text.contains("ExecStart=/usr/local/bin/filterscope \(role) "))
        let changed = change(text.replacing("/usr/local/bin/filterscope", with: "/bin/true"))
        try directory.write(Data(changed.utf8), to: "filterscope-\(role)@.service")
        return directory.file("filterscope-\(role)@trial.service")
    }

    @Test(arguments: ["coordinator", "worker"])
    func verifies(_ role: String) throws {
        let directory = try TemporaryDirectory()
        let outcome = try runProcess(Self.analyze, ["verify", "--man=no", try Self.unit(role, in: directory)])
        #expect(outcome.status == 0 && !outcome.stderr.contains("filterscope-"), "\(outcome.stderr)")
        // It would have found a word that means nothing.
        let wrong = try Self.unit(role, in: directory) { $0.replacing("ProtectHome=yes", with: "ProtectHomes=yes") }
        #expect(try runProcess(Self.analyze, ["verify", "--man=no", wrong]).stderr.contains("ProtectHomes"))
    }

    /// docs/launching.md says what is left open, and why.
    @Test(arguments: [("coordinator", 1.7), ("worker", 1.5)])
    func isHardened(_ role: String, _ exposure: Double) throws {
        let directory = try TemporaryDirectory()
        _ = try Self.unit(role, in: directory)
        let path = directory.file("filterscope-\(role)@.service")
        let outcome = try runProcess(Self.analyze, ["security", "--offline=yes", "--no-pager", path])
        let line = try #require(outcome.stdoutText.firstMatch(of: /Overall exposure level for \S+: ([0-9.]+)/), "\(outcome.stdoutText) \(outcome.stderr)")
        #expect(try #require(Double(line.1)) <= exposure, "\(outcome.stdoutText)")
    }

    /// The settings beside the units are those that the units read.
    @Test(arguments: [("coordinator", ["RECIPE", "BIND", "OPTIONS"]), ("worker", ["CONNECT", "OPTIONS"])])
    func settings(_ role: String, _ names: [String]) throws {
        let unit = try ClusterFiles.text("Cluster/systemd/filterscope-\(role)@.service")
        let example = try ClusterFiles.text("Cluster/systemd/\(role).conf")
        let set = example.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: "=").first.map(String.init) }
        #expect(set == names)
        for name in names { #expect(unit.contains("$\(name)")) }
        // Every option in the unit is one that the program knows.
        let command = try #require(unit.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
        let help = try runFilterscope([role, "--help"]).stdoutText
        for word in command.split(separator: " ") where word.hasPrefix("--") { #expect(help.contains(word), "\(word)") }
    }
}
