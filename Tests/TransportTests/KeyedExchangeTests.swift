import Diagnostics
import Foundation
import Messages
import TestSupport
import Testing
import Transport

/// Real sockets with CURVE: who gets in, who does not, and what either side hears of it.
@Suite struct KeyedExchangeTests {
    private let server: KeyPair
    private let anna: KeyPair
    private let directory: TemporaryDirectory

    init() throws {
        server = try KeyPair.random()
        anna = try KeyPair.random()
        directory = try TemporaryDirectory()
    }

    private func client(_ pair: KeyPair, of server: PublicKey? = nil) -> ClientKeys {
        ClientKeys(pair: pair, server: server ?? self.server.publicKey, role: .worker, name: "anna")
    }

    private func table(_ pairs: KeyPair...) -> AccessTable {
        AccessTable(Dictionary(uniqueKeysWithValues: pairs.enumerated().map {
            ($1.publicKey.text, AccessTable.Member(role: .worker, name: "worker-\($0)"))
        }))
    }

    private func router(_ scheme: String = "tcp", _ pairs: KeyPair...) throws -> TestRouter {
        let access = AccessControl(AccessTable(Dictionary(uniqueKeysWithValues: pairs.map {
            ($0.publicKey.text, AccessTable.Member(role: .worker, name: "worker"))
        })))
        return try TestRouter(freshAddress(scheme, in: directory), keys: ServerKeys(pair: server, access: access))
    }

    /// Writes the list as a user would, by another file that takes its place.
    private func write(_ text: String, to path: String) throws {
        let beside = path + ".edited"
        try Data(text.utf8).write(to: URL(fileURLWithPath: beside))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: beside)
        #expect(rename(beside, path) == 0)
    }

    private func expectNothing(from router: TestRouter, for duration: Duration = .milliseconds(700)) {
        let deadline = ContinuousClock.now + duration
        while let event = router.mailbox.next(until: deadline) {
            if case .message = event { Issue.record("a message came through: \(event)") }
        }
    }

    @Test(arguments: ["tcp", "ipc"])
    func theRightKeyIsAdmittedAndNamedWithEveryMessage(scheme: String) throws {
        let router = try router(scheme, anna)
        let dealer = try TestDealer(router.endpoint.address, keys: client(anna))
        // Large and small, one frame and several.
        for frames in [[Data("hello".utf8)], [Data("header".utf8), Data(count: 5 << 20), Data()]] {
            dealer.send(frames)
            let (peer, received) = try router.mailbox.message()
            #expect(received == frames)
            #expect(peer.key == anna.publicKey.text)
            #expect(router.endpoint.send(frames, to: peer) == .queued)
            #expect(try dealer.mailbox.message().frames == frames)
        }
    }

    @Test func aKeyThatIsNotListedIsTurnedAwayAndCounted() throws {
        let router = try router("tcp", anna)
        let stranger = try KeyPair.random()
        let dealer = try TestDealer(router.endpoint.address, keys: client(stranger))
        dealer.send([Data("hello".utf8)])
        let refusal = try dealer.mailbox.first("a refusal") { if case .turnedAway(let refusal) = $0 { refusal } else { nil } }
        #expect(refusal == .key)
        let (count, key) = try router.mailbox.first("news of it") { event -> (Int, String)? in
            if case .access(.refused(let count, _, let key)) = event { (count, key) } else { nil }
        }
        #expect(count == 1 && key == stranger.publicKey.text)
        expectNothing(from: router)
    }

    @Test func strangersAreReportedTogether() throws {
        let router = try router("tcp", anna)
        let dealers = try (0..<20).map { _ in try TestDealer(router.endpoint.address, keys: client(try KeyPair.random())) }
        var counted = 0
        var reports = 0
        while counted < 20 {
            counted += try router.mailbox.first("news of strangers") { if case .access(.refused(let count, _, _)) = $0 { count } else { nil } }
            reports += 1
        }
        #expect(counted == 20)
        #expect(reports < 20, "twenty at once make few reports")
        withExtendedLifetime(dealers) {}
    }

    /// A dealer that looks for another router does not show its key to this one.
    @Test func aDealerKnowsItsRouterByItsKey() throws {
        let router = try router("tcp", anna)
        let dealer = try TestDealer(router.endpoint.address, keys: client(anna, of: try KeyPair.random().publicKey))
        dealer.send([Data("hello".utf8)])
        _ = try dealer.mailbox.first("a failed handshake") { if case .handshakeFailed(let reason) = $0 { reason } else { nil } }
        expectNothing(from: router)
    }

    @Test func withoutAKeyNobodyIsAdmitted() throws {
        let router = try router("tcp", anna)
        let dealer = try TestDealer(router.endpoint.address)
        dealer.send([Data("hello".utf8)])
        try dealer.mailbox.first("a failed handshake") { event -> Void? in
            switch event {
            case .handshakeFailed, .turnedAway(.mechanism): ()
            default: nil
            }
        }
        // One that speaks ZMTP by hand, and does not wait for an answer.
        let raw = try RawSocket(connectedTo: router.endpoint.address)
        try? raw.send(RawSocket.greeting + RawSocket.ready)
        try? raw.send(zeroMQFrame: Data("hello".utf8))
        expectNothing(from: router)
        raw.hangUp()
    }

    @Test func aRouterWithoutKeysIsToldFromOneWithKeys() throws {
        let router = try TestRouter("tcp://127.0.0.1:*")
        let dealer = try TestDealer(router.endpoint.address, keys: client(anna))
        dealer.send([Data("hello".utf8)])
        try dealer.mailbox.first("a failed handshake") { event -> Void? in
            switch event {
            case .handshakeFailed, .turnedAway(.mechanism): ()
            default: nil
            }
        }
        expectNothing(from: router)
    }

    /// CVE-2020-15166: a silent client kept a CURVE server from taking others.
    @Test func silentClientsKeepNobodyWaiting() throws {
        let router = try router("tcp", anna)
        let silent = try (0..<50).map { _ in try RawSocket(connectedTo: router.endpoint.address) }
        let halfway = try (0..<10).map { _ in
            let socket = try RawSocket(connectedTo: router.endpoint.address)
            try socket.send(RawSocket.greeting.prefix(20))
            return socket
        }
        let dealer = try TestDealer(router.endpoint.address, keys: client(anna))
        let start = ContinuousClock.now
        dealer.send([Data("hello".utf8)])
        #expect(try router.mailbox.message().frames == [Data("hello".utf8)])
        // Well below the handshake's time-out of 5 s: none of them was waited for.
        #expect(start.duration(to: .now) < .seconds(4))
        for socket in silent + halfway { socket.hangUp() }
    }

    @Test func aNewLineIsTakenWithoutARestart() throws {
        let path = directory.file("allowed")
        try write("# nobody yet\n", to: path)
        let router = try TestRouter("tcp://127.0.0.1:*", keys: ServerKeys(pair: server, access: AccessControl(allowList: path)))
        let early = try TestDealer(router.endpoint.address, keys: client(anna))
        _ = try early.mailbox.first("a refusal") { if case .turnedAway(let refusal) = $0 { refusal } else { nil } }
        let start = ContinuousClock.now
        try write("worker \(anna.publicKey) anna\n", to: path)
        let table = try router.mailbox.first("a new list") { if case .access(.changed(let table)) = $0 { table } else { nil } }
        #expect(start.duration(to: .now) < .seconds(5), "it takes half a second on an idle machine")
        #expect(table[anna.publicKey.text] == AccessTable.Member(role: .worker, name: "anna"))
        let dealer = try TestDealer(router.endpoint.address, keys: client(anna))
        dealer.send([Data("hello".utf8)])
        #expect(try router.mailbox.message().peer.key == anna.publicKey.text)
    }

    @Test func aDamagedListLeavesTheOneBeforeInForce() throws {
        let path = directory.file("allowed")
        try write("worker \(anna.publicKey) anna\n", to: path)
        let router = try TestRouter("tcp://127.0.0.1:*", keys: ServerKeys(pair: server, access: AccessControl(allowList: path)))
        for (number, text) in ["", "worker short anna\n", "boss \(anna.publicKey) anna\n", "worker \(anna.publicKey)\n"].enumerated() {
            try write(text, to: path)
            let problem = try router.mailbox.first("a complaint") { if case .access(.damaged(let problem)) = $0 { problem } else { nil } }
            #expect(problem.description.contains(path), "\(number): \(problem)")
            let dealer = try TestDealer(router.endpoint.address, keys: client(anna))
            dealer.send([Data("hello".utf8)])
            #expect(try router.mailbox.message().peer.key == anna.publicKey.text)
        }
        unlink(path)
        _ = try router.mailbox.first("a complaint") { if case .access(.damaged(let problem)) = $0 { problem } else { nil } }
    }

    @Test func aRevokedKeyIsHeardNoMoreAndCutOff() throws {
        let path = directory.file("allowed")
        let bert = try KeyPair.random()
        try write("worker \(anna.publicKey) anna\nworker \(bert.publicKey) bert\n", to: path)
        let router = try TestRouter("tcp://127.0.0.1:*", keys: ServerKeys(pair: server, access: AccessControl(allowList: path)))
        let dealer = try TestDealer(router.endpoint.address, keys: client(anna))
        let other = try TestDealer(router.endpoint.address, keys: client(bert))
        dealer.send([Data("hello".utf8)])
        let peer = try router.mailbox.message().peer
        try write("worker \(bert.publicKey) bert\n", to: path)
        _ = try router.mailbox.first("a new list") { if case .access(.changed(let table)) = $0 { table } else { nil } }

        dealer.send([Data("result".utf8)])
        let barred = try router.mailbox.first("a barred message") { event -> PeerID? in
            if case .message = event { Issue.record("it was heard") }
            return if case .barred(let peer) = event { peer } else { nil }
        }
        #expect(barred == peer)
        // There is time to tell it why …
        #expect(router.endpoint.send([Data("refused".utf8)], to: peer) == .queued)
        #expect(try dealer.mailbox.message().frames == [Data("refused".utf8)])
        // … and if it goes on, the connection ends and no other comes about.
        usleep(600_000)
        _ = dealer.endpoint.send([Data("more".utf8)])
        try dealer.mailbox.disconnected()
        let refusal = try dealer.mailbox.first("a refusal") { if case .turnedAway(let refusal) = $0 { refusal } else { nil } }
        #expect(refusal == .key)
        // Nobody else was touched.
        other.send([Data("here".utf8)])
        #expect(try router.mailbox.message().peer.key == bert.publicKey.text)
        var events: [TransportEvent] = []
        while let event = other.mailbox.next() { events.append(event) }
        #expect(!events.contains { if case .disconnected = $0 { true } else { false } })
    }

    @Test func anOpenAddressNeedsKeysOrAWord() throws {
        #expect(throws: Problem.self) { try TestRouter("tcp://0.0.0.0:*") }
        let access = AccessControl(table(anna))
        let router = try TestRouter("tcp://0.0.0.0:*", keys: ServerKeys(pair: server, access: access))
        let port = try #require(router.endpoint.address.split(separator: ":").last)
        let dealer = try TestDealer("tcp://127.0.0.1:\(port)", keys: client(anna))
        dealer.send([Data("hello".utf8)])
        #expect(try router.mailbox.message().peer.key == anna.publicKey.text)
    }

    /// Closing must not wait for the handler, nor the handler for the router.
    @Test func openingAndClosingIsQuick() throws {
        let start = ContinuousClock.now
        for _ in 0..<20 { try router("tcp", anna).endpoint.close() }
        #expect(start.duration(to: .now) < .seconds(20))
    }
}
