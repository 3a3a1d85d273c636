import Diagnostics
import Foundation
import Messages
import TestSupport
import Testing
import Transport

@Suite struct KeyDirectoryTests {
    private let folder: TemporaryDirectory
    private let keys: KeyDirectory

    init() throws {
        folder = try TemporaryDirectory()
        keys = KeyDirectory(folder.file("keys"))
    }

    private func path(_ name: String) -> String { "\(keys.path)/\(name)" }

    private func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    private func setMode(_ mode: Int, _ name: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
    }

    private func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    private func rewrite(_ name: String, _ text: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path(name)))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(text.utf8))
    }

    private func problem(_ body: () throws(Problem) -> some Any) -> String {
        do throws(Problem) {
            _ = try body()
            return "nothing was wrong"
        } catch { return error.description }
    }

    @Test func keysFitTogetherAndAreProtected() throws {
        try keys.make()
        #expect(try mode(keys.path) == 0o700)
        for name in ["coordinator.key", "worker.key", "observer.key", "operator.key", "allowed"] { #expect(try mode(path(name)) == 0o600, "\(name)") }
        let server = try keys.coordinator()
        for role in PeerRole.allCases {
            let client = try keys.client([role])
            #expect(client.server == server.pair.publicKey)
            #expect(server.access.table[client.pair.publicKey.text] == AccessTable.Member(role: role, name: role.rawValue))
        }
        #expect(server.access.table.members.count == 3)
        #expect(Set(server.access.table.members.keys).count == 3)
    }

    @Test func nothingIsOverwritten() throws {
        try keys.make()
        let names = try FileManager.default.contentsOfDirectory(atPath: keys.path)
        let before = try names.map(text)
        #expect(problem { () throws(Problem) in try keys.make() }.contains("not overwritten"))
        #expect(try names.map(text) == before)
        // One file is enough.
        let other = KeyDirectory(folder.file("other"))
        #expect(mkdir(other.path, 0o700) == 0)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: other.path + "/worker.pub"))
        #expect(problem { () throws(Problem) in try other.make() }.contains("worker.pub"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: other.path) == ["worker.pub"])
    }

    @Test func aFurtherKeyComesInAFolderToBeCopied() throws {
        try keys.make()
        let made = try keys.add(.worker, name: "anna")
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: made)) == ["coordinator.pub", "worker.key", "worker.pub"])
        #expect(try mode(made) == 0o700)
        let anna = try KeyDirectory(made).client([.worker])
        #expect(anna.name == "anna")
        let table = try keys.coordinator().access.table
        #expect(table[anna.pair.publicKey.text] == AccessTable.Member(role: .worker, name: "anna"))
        #expect(table.members.count == 4)
        #expect(try mode(path("allowed")) == 0o600)

        #expect(problem { () throws(Problem) in try keys.add(.operator, name: "anna") }.contains("is taken"))
        for name in ["", "../anna", "a/b", "-x", ".x", "a b", "worker", "allowed", String(repeating: "a", count: 65)] {
            #expect(problem { () throws(Problem) in try keys.add(.worker, name: name) }.contains("cannot be a key's name"), "\(name)")
        }
        #expect(try keys.revoke(name: "anna") == 1)
        #expect(try keys.coordinator().access.table[anna.pair.publicKey.text] == nil)
        #expect(try text("allowed").contains("# revoked: worker \(anna.pair.publicKey) anna"))
        #expect(problem { () throws(Problem) in try keys.revoke(name: "anna") }.contains("admits nobody called"))
    }

    @Test func additionsSideBySideAllArrive() async throws {
        try keys.make()
        let keys = keys
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 { group.addTask { _ = try keys.add(.worker, name: "w\(number)") } }
            try await group.waitForAll()
        }
        #expect(try keys.coordinator().access.table.members.count == 15)
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o601, 0o644])
    func aSecretThatOthersCanReadIsRefused(mode: Int) throws {
        try keys.make()
        try setMode(mode, "worker.key")
        let text = problem { () throws(Problem) in try keys.client([.worker]) }
        #expect(text.contains("worker.key") && text.contains("mode \(String(mode, radix: 8))") && text.contains("chmod 600"), "\(text)")
        try setMode(mode, "coordinator.key")
        #expect(problem { () throws(Problem) in try keys.coordinator() }.contains("coordinator.key"))
        for allowed in [0o600, 0o400] {
            try setMode(allowed, "worker.key")
            _ = try keys.client([.worker])
        }
    }

    @Test func aListThatOthersCanChangeIsRefused() throws {
        try keys.make()
        try setMode(0o644, "allowed")
        _ = try keys.coordinator()
        try setMode(0o664, "allowed")
        #expect(problem { () throws(Problem) in try keys.coordinator() }.contains("others can change it (mode 664)"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func aSecretOfAnotherUserIsRefused() throws {
        try keys.make()
        #expect(chown(path("worker.key"), 65_534, 65_534) == 0)
        let text = problem { () throws(Problem) in try keys.client([.worker]) }
        #expect(text.contains("belongs to user 65534") && text.contains("chown 0"), "\(text)")
    }

    @Test func damagedKeysAreNamedByFileAndLine() throws {
        try keys.make()
        let whole = try text("worker.key")
        let cases: [(String, String)] = [
            (whole.replacingOccurrences(of: "secret ", with: "sceret "), "line 5: \"sceret\" is no word"),
            (String(whole.dropLast(3)) + "\n", "line 5: is no key of 40 characters"),
            (whole + "public\n", "line 6: is no word and one value"),
            (whole + "name anna\n", "line 6: \"name\" stands twice"),
            (whole.split(separator: "\n").filter { !$0.hasPrefix("secret") }.joined(separator: "\n"), "has no line \"secret\""),
            ("", "has no line \"public\""),
        ]
        for (text, expected) in cases {
            try rewrite("worker.key", text)
            let found = problem { () throws(Problem) in try keys.client([.worker]) }
            #expect(found.contains(path("worker.key")) && found.contains(expected), "\(found)")
            #expect(!found.contains(whole.suffix(41).trimmingCharacters(in: .newlines)), "it quotes no secret")
        }
        // The halves of two pairs.
        let other = try text("observer.key").split(separator: "\n").first { $0.hasPrefix("public") }
        let mixed = whole.split(separator: "\n").map { $0.hasPrefix("public") ? String(other ?? "") : String($0) }
        try rewrite("worker.key", mixed.joined(separator: "\n"))
        #expect(problem { () throws(Problem) in try keys.client([.worker]) }.contains("is not that of its secret key"))
        try rewrite("coordinator.pub", "\u{0}\u{1}")
        #expect(problem { () throws(Problem) in try keys.client([.observer]) }.contains("coordinator.pub, line 1"))
    }

    @Test func damagedListsAreNamedByLine() throws {
        let key = try KeyPair.random().publicKey
        let other = try KeyPair.random().publicKey
        let cases: [(String, String)] = [
            ("", "is empty"),
            ("worker \(key) anna\nworker \(other)\n", "line 2: has 2 words"),
            ("worker \(key) anna # mine\n", "line 1: has 5 words"),
            ("# x\n\nroot \(key) anna\n", "line 3: \"root\" is no role"),
            ("worker \(key.text.dropLast()) anna\n", "line 1: the second word is no key"),
            ("worker \(key.text.dropLast())é anna\n", "line 1: the second word is no key"),
            ("worker \(key) ../anna\n", "line 1: \"../anna\" is no name"),
            ("worker \(key) anna\noperator \(key) bert\n", "line 2: the key stands twice"),
        ]
        for (text, expected) in cases {
            let found = problem { () throws(Problem) in try AllowList.parse(text, at: "allowed") }
            #expect(found.contains(expected), "\(found)")
        }
        // Lines may end as on other systems.
        let good = try AllowList.parse("# all\n  worker\t\(key)   anna\r\n\n#worker \(other) bert", at: "allowed")
        #expect(good.members == [key.text: AccessTable.Member(role: .worker, name: "anna")])
        #expect(try AllowList.parse("# nobody", at: "allowed").members.isEmpty)
    }

    @Test func whatIsNoFileIsRefusedAtOnce() throws {
        try keys.make()
        unlink(path("worker.key"))
        #expect(mkfifo(path("worker.key"), 0o600) == 0)
        #expect(problem { () throws(Problem) in try keys.client([.worker]) }.contains("is no file"))
        unlink(path("worker.key"))
        #expect(problem { () throws(Problem) in try keys.client([.worker]) }.contains("No such file"))
        let missing = KeyDirectory(folder.file("nowhere"))
        #expect(problem { () throws(Problem) in try missing.client([.worker]) }.contains("filterscope keygen"))
    }

    @Test func secretsAreNotPrinted() throws {
        let pair = try KeyPair.random()
        var dumped = ""
        dump(pair, to: &dumped)
        for text in ["\(pair)", String(reflecting: pair), dumped] { #expect(!text.contains(pair.secretKey.text)) }
    }

    /// The vectors of ZeroMQ's RFC 32 and of libzmq's own tests.
    @Test func keysAreZ85() throws {
        #expect(PublicKey("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLP{hID") != nil)
        let bytes = Array(repeating: UInt8(0), count: 32)
        #expect(PublicKey(bytes: bytes)?.text == String(repeating: "0", count: 40))
        #expect(PublicKey(bytes: bytes.dropLast()) == nil)
        for text in ["", String(repeating: "0", count: 39), String(repeating: "0", count: 41), String(repeating: "~", count: 40), String(repeating: "#", count: 40)] {
            #expect(PublicKey(text) == nil, "\(text)")
        }
    }

    /// The handler's answers (RFC 27): everything but a listed key on our domain is refused.
    @Test func theHandlerFailsClosed() throws {
        let pair = try KeyPair.random()
        let access = AccessControl(AccessTable([pair.publicKey.text: AccessTable.Member(role: .worker, name: "anna")]))
        var raw = [UInt8](repeating: 0, count: 32)
        decodeZ85(pair.publicKey.text, into: &raw)
        let good = ["1.0", "7", "filterscope", "127.0.0.1", "", "CURVE"].map { Data($0.utf8) } + [Data(raw)]
        func code(_ change: (inout [Data]) -> Void) -> String {
            var frames = good
            change(&frames)
            let (reply, _) = Authenticator.answer(frames, access)
            #expect(reply.count == 6 && reply[0] == Data("1.0".utf8) && reply[3].isEmpty)
            return String(decoding: reply[2], as: UTF8.self)
        }
        #expect(code { _ in } == "200")
        #expect(Authenticator.answer(good, access).reply[4] == Data(pair.publicKey.text.utf8))
        #expect(code { $0[2] = Data("other".utf8) } == "400")
        #expect(code { $0[5] = Data("NULL".utf8) } == "400")
        #expect(code { $0[6] = Data(count: 32) } == "400")
        #expect(code { $0[6] = Data(raw.dropLast()) } == "400")
        #expect(code { $0.removeLast() } == "400")
        #expect(code { $0[0] = Data("2.0".utf8) } == "500")
        #expect(code { $0 = [] } == "500")
    }

    /// Five digits of base 85 are four bytes; the alphabet is RFC 32's.
    private func decodeZ85(_ text: String, into bytes: inout [UInt8]) {
        let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#")
        let digits = text.map { alphabet.firstIndex(of: $0) ?? 0 }
        for group in 0..<8 {
            var value = digits[(5 * group)..<(5 * group + 5)].reduce(0) { $0 * 85 + $1 }
            for place in (0..<4).reversed() {
                bytes[4 * group + place] = UInt8(value & 0xFF)
                value >>= 8
            }
        }
    }
}
