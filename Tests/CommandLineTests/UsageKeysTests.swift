import Foundation
import TestSupport
import Testing

/// `keygen`, `--keys`, and the operator's commands, as far as a command line alone shows.
@Suite struct UsageKeysTests {
    private let folder: TemporaryDirectory
    private let keys: String

    init() throws {
        folder = try TemporaryDirectory()
        keys = folder.file("keys")
    }

    private func filterscope(_ arguments: String...) throws -> ProcessOutcome { try runFilterscope(arguments, directory: folder.path) }

    private func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func keysAreMadeOnceAndProtected() throws {
        let made = try filterscope("keygen", keys)
        #expect(made.status == 0, "\(made.stderr)")
        #expect(made.stdoutText.contains("filterscope coordinator RECIPE") && made.stdoutText.contains("filterscope worker"))
        #expect(try mode(keys) == 0o700)
        let names = try FileManager.default.contentsOfDirectory(atPath: keys)
        #expect(names.count == 9)
        for name in names where !name.hasSuffix(".pub") { #expect(try mode("\(keys)/\(name)") == 0o600, "\(name)") }
        let before = names.map { FileManager.default.contents(atPath: "\(keys)/\($0)") }
        // The program says nothing secret.
        for name in names where name.hasSuffix(".key") {
            let text = try String(contentsOfFile: "\(keys)/\(name)", encoding: .utf8)
            let secret = try #require(text.split(separator: "\n").first { $0.hasPrefix("secret ") }?.dropFirst(7))
            #expect(!made.stdoutText.contains(secret) && !made.stderr.contains(secret))
        }
        let again = try filterscope("keygen", keys)
        #expect(again.status == 1)
        #expect(again.stderr.contains("not overwritten") && again.stderr.contains("--add"), "\(again.stderr)")
        #expect(names.map { FileManager.default.contents(atPath: "\(keys)/\($0)") } == before)
    }

    @Test func furtherKeysAreAddedAndRevoked() throws {
        #expect(try filterscope("keygen", keys).status == 0)
        let added = try filterscope("keygen", keys, "anna", "--add", "worker")
        #expect(added.status == 0, "\(added.stderr)")
        #expect(added.stdoutText.contains("\(keys)/anna"))
        #expect(try mode("\(keys)/anna/worker.key") == 0o600)
        #expect(try filterscope("keygen", keys, "anna", "--add", "worker").status == 1)
        #expect(try filterscope("keygen", keys, "anna", "--revoke").status == 0)
        let list = try String(contentsOfFile: "\(keys)/allowed", encoding: .utf8)
        #expect(!list.split(separator: "\n").contains { $0.hasSuffix(" anna") && !$0.hasPrefix("#") })
    }

    @Test func wrongUsageIsRefused() throws {
        let cases: [([String], Int32, String)] = [
            (["keygen"], 2, "DIR is missing"),
            (["keygen", keys, "--add", "worker"], 2, "NAME is missing"),
            (["keygen", keys, "anna", "--add", "boss"], 2, "--add needs one of worker, observer, operator"),
            (["keygen", keys, "anna"], 2, "unexpected argument \"anna\""),
            (["keygen", keys, "anna", "--add", "worker", "--revoke"], 2, "exclude each other"),
            (["keygen", keys, "anna", "--add", "worker"], 1, "filterscope keygen"),
            (["keygen", folder.file("a/b/c")], 1, "cannot be made"),
            (["drain", "--connect", "tcp://127.0.0.1:1"], 2, "WORKER is missing"),
            (["pause", "worker-1"], 2, "unexpected argument"),
            (["pause", "--run", "a", "--connect", "tcp://127.0.0.1:1"], 2, "exclude each other"),
            (["stop", "--run", folder.file("nothing")], 1, "no run there"),
            (["worker", "--connect", "tcp://127.0.0.1:1", "--keys", folder.file("nothing")], 1, "there is no such directory"),
            (["coordinator", "fashion-smoke", "--bind", "tcp://0.0.0.0:*", "--keys", keys, "--insecure"], 2, "exclude each other"),
            (["coordinator", "fashion-smoke", "--bind", "tcp://0.0.0.0:*"], 1, "filterscope keygen DIR"),
        ]
        for (arguments, status, expected) in cases {
            let outcome = try runFilterscope(arguments, directory: folder.path)
            #expect(outcome.status == status, "\(arguments): \(outcome.stderr)")
            #expect(outcome.stderr.contains(expected), "\(arguments): \(outcome.stderr)")
        }
    }

    /// Whoever would use a key that others can read is told what to do, and nothing begins.
    @Test func keysThatOthersCanReadAreRefusedWithTheRemedy() throws {
        #expect(try filterscope("keygen", keys).status == 0)
        let uses: [(String, [String])] = [
            ("coordinator.key", ["coordinator", "fashion-smoke", "--bind", "tcp://127.0.0.1:*", "--keys", keys]),
            ("worker.key", ["worker", "--connect", "tcp://127.0.0.1:1", "--keys", keys]),
            ("observer.key", ["status", "--connect", "tcp://127.0.0.1:1", "--keys", keys]),
            ("observer.key", ["logs", "--connect", "tcp://127.0.0.1:1", "--keys", keys]),
            ("operator.key", ["pause", "--connect", "tcp://127.0.0.1:1", "--keys", keys]),
        ]
        for (name, arguments) in uses {
            let path = "\(keys)/\(name)"
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            let outcome = try runFilterscope(arguments, directory: folder.path)
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains("chmod 600 \(path)") && outcome.stderr.contains("mode 644"), "\(outcome.stderr)")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["keys"])
    }
}
