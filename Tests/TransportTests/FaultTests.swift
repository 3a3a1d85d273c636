import Diagnostics
import Foundation
import Glibc
import Messages
import TestSupport
import Testing
import Transport

@Suite struct FaultTests {
    @Test(arguments: ["ipc", "tcp"])
    func vanishedPeerIsUnreachable(scheme: String) throws {
        let directory = try TemporaryDirectory()
        let router = try TestRouter(freshAddress(scheme, in: directory))
        let dealer = try TestDealer(router.endpoint.address)
        dealer.send([Data("hello".utf8)])
        let peer = try router.mailbox.message().peer
        dealer.endpoint.close()
        // The router learns of it when the operating system does: until then messages vanish on the way.
        let deadline = ContinuousClock.now + patience
        var lost: PeerID?
        while lost == nil, ContinuousClock.now < deadline {
            #expect(router.endpoint.send([Data("work".utf8)], to: peer) == .queued)
            if case .unreachable(let peer) = router.mailbox.next(until: .now + .milliseconds(20)) { lost = peer }
        }
        #expect(lost == peer)
    }

    @Test func unknownPeerIsUnreachable() throws {
        let router = try TestRouter("tcp://127.0.0.1:*")
        let stranger = PeerID([1, 2, 3])
        #expect(router.endpoint.send([Data("work".utf8)], to: stranger) == .queued)
        #expect(try router.mailbox.unreachable() == stranger)
    }

    @Test func peerThatTakesNothingIsUnreachableAndHoldsUpNobody() throws {
        var options = TransportOptions()
        options.sendTimeout = .milliseconds(300)
        options.queuedBytes = 256 << 20
        let router = try TestRouter("tcp://127.0.0.1:*", options)
        // A ZeroMQ peer whose program never reads: its handshake is done by hand.
        let stuck = try RawSocket(connectedTo: router.endpoint.address)
        try stuck.greetAsDealer()
        try stuck.send(zeroMQFrame: Data("hello".utf8))
        let peer = try router.mailbox.message().peer
        let chunk = Data(count: 4 << 20)
        var taken = 0
        while router.endpoint.send([chunk], to: peer) == .queued { taken += 1 }
        #expect(taken >= 60, "the queue is bounded in bytes, and holds about 256 MiB")
        let dealer = try TestDealer(router.endpoint.address)
        dealer.send([Data("hello".utf8)])
        let other = try router.mailbox.first("the other's hello") { event -> PeerID? in
            if case .message(let sender, _) = event, sender != peer { sender } else { nil }
        }
        #expect(router.endpoint.send([Data("work".utf8)], to: other) == .queued)
        #expect(try dealer.mailbox.message().frames == [Data("work".utf8)])
        #expect(router.endpoint.send([chunk], to: peer) != .closed)
        #expect(try router.mailbox.unreachable() == peer)
        stuck.hangUp()
    }

    @Test func garbageLeavesTheRouterServing() throws {
        let router = try TestRouter("tcp://127.0.0.1:*")
        var generator = SystemRandomNumberGenerator()
        let noise = Data((0..<100_000).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        let greeting = Data([0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F])
        // A frame of 2^62 bytes announced after a whole greeting.
        let monster = RawSocket.greeting + RawSocket.ready + Data([2, 0x40, 0, 0, 0, 0, 0, 0, 0])
        for bytes in [noise, Data("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), greeting + noise, monster, Data()] {
            let stranger = try RawSocket(connectedTo: router.endpoint.address)
            // It may be cut off while it still writes.
            try? stranger.send(bytes)
            let dealer = try TestDealer(router.endpoint.address)
            dealer.send([Data("hello".utf8)])
            // Bytes that look like the protocol's first version are taken for messages: that is for the codec to refuse.
            let peer = try router.mailbox.first("hello") { event -> PeerID? in
                if case .message(let peer, [Data("hello".utf8)]) = event { peer } else { nil }
            }
            #expect(router.endpoint.send([Data("welcome".utf8)], to: peer) == .queued)
            #expect(try dealer.mailbox.message().frames == [Data("welcome".utf8)])
            stranger.hangUp()
        }
    }

    @Test(arguments: [
        // Closed after something else; another mechanism than the dealer's.
        Data("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8),
        Data([0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0]) + Data("PLAIN".utf8) + Data(count: 47),
    ])
    func dealerSaysWhenTheOtherSideIsNoZeroMQ(answer: Data) throws {
        let listener = try RawListener()
        let dealer = try TestDealer(listener.address)
        let stranger = try listener.accept()
        try stranger.send(answer)
        stranger.hangUp()
        let reason = try dealer.mailbox.first("a failed handshake") { event -> String? in
            switch event {
            case .handshakeFailed(let reason): reason
            case .turnedAway(.mechanism): "another mechanism"
            default: nil
            }
        }
        #expect(!reason.isEmpty)
    }

    @Test(arguments: ["ipc", "tcp"])
    func dealerReturnsToARestartedRouter(scheme: String) throws {
        let directory = try TemporaryDirectory()
        var router: TestRouter? = try TestRouter(freshAddress(scheme, in: directory))
        let address = try #require(router?.endpoint.address)
        let dealer = try TestDealer(address)
        try dealer.mailbox.connected()
        dealer.send([Data("first".utf8)])
        #expect(try router?.mailbox.message().frames == [Data("first".utf8)])
        router?.endpoint.close()
        router = nil
        try dealer.mailbox.disconnected()
        let again = try TestRouter(address)
        #expect(again.endpoint.address == address)
        try dealer.mailbox.connected()
        dealer.send([Data("second".utf8)])
        let (peer, frames) = try again.mailbox.message()
        #expect(frames == [Data("second".utf8)])
        #expect(again.endpoint.send(frames, to: peer) == .queued)
        #expect(try dealer.mailbox.message().frames == frames)
    }

    @Test func newConnectionHasANewPeerID() throws {
        let router = try TestRouter("tcp://127.0.0.1:*")
        var peers = Set<PeerID>()
        for _ in 0..<3 {
            let dealer = try TestDealer(router.endpoint.address)
            dealer.send([Data("hello".utf8)])
            peers.insert(try router.mailbox.message().peer)
            dealer.endpoint.close()
        }
        #expect(peers.count == 3)
    }
}
