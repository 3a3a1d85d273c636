import Foundation
import Messages
import TestSupport
import Testing
import Transport

@Suite struct ShutdownTests {
    /// `close` waits for the endpoint's thread and its context, so one that hangs shows here.
    private func timed(_ body: () -> Void) -> Duration { ContinuousClock().measure(body) }

    @Test func closingIsQuickWhateverIsQueued() throws {
        let dealer = try TestDealer("tcp://127.0.0.1:9")
        dealer.send([Data("nobody hears".utf8)])
        #expect(timed { dealer.endpoint.close() } < .seconds(5))
        #expect(dealer.endpoint.send([Data([1])]) == .closed)

        let router = try TestRouter("tcp://127.0.0.1:*")
        let stuck = try RawSocket(connectedTo: router.endpoint.address)
        try stuck.greetAsDealer()
        try stuck.send(zeroMQFrame: Data("hello".utf8))
        let peer = try router.mailbox.message().peer
        for _ in 0..<100 { #expect(router.endpoint.send([Data(count: 1 << 20)], to: peer) == .queued) }
        #expect(timed { router.endpoint.close(flushingFor: .milliseconds(200)) } < .seconds(5))
        #expect(router.endpoint.send([Data([1])], to: peer) == .closed)
        stuck.hangUp()
    }

    @Test func goodbyeArrivesBeforeTheDealerIsGone() throws {
        let router = try TestRouter("tcp://127.0.0.1:*")
        for round in 0..<20 {
            let dealer = try TestDealer(router.endpoint.address)
            try dealer.mailbox.connected()
            let frames = [Data("goodbye \(round)".utf8), Data(count: 1 << 20)]
            dealer.send(frames)
            dealer.endpoint.close(flushingFor: patience)
            #expect(try router.mailbox.message().frames == frames)
        }
    }

    /// What the router owes is that its last words reach the wire, so plain sockets listen for them. A dealer of libzmq may
    /// still lose what it has not read when the connection ends; that is why workers answer the end of a run.
    @Test func goodbyesArriveBeforeTheRouterIsGone() throws {
        let router = try TestRouter("tcp://127.0.0.1:*")
        let sockets = try (0..<3).map { _ in try RawSocket(connectedTo: router.endpoint.address) }
        for socket in sockets {
            try socket.greetAsDealer()
            try socket.send(zeroMQFrame: Data("hello".utf8))
            let peer = try router.mailbox.message().peer
            #expect(router.endpoint.send([Data("ended".utf8)], to: peer) == .queued)
        }
        router.endpoint.close(flushingFor: patience)
        for socket in sockets {
            #expect(try socket.receiveZeroMQFrame() == Data("ended".utf8))
            socket.hangUp()
        }
    }

    @Test func closingTwiceAndFromItsOwnThreadIsHarmless() throws {
        let router = try TestRouter("tcp://127.0.0.1:*")
        router.endpoint.close()
        router.endpoint.close()
        let closed = Mailbox<Bool>()
        let holder = Holder()
        let other = try RouterEndpoint(bind: "tcp://127.0.0.1:*") { _ in
            holder.closeEndpoint()
            closed.put(true)
        }
        holder.endpoint = other
        let dealer = try TestDealer(other.address)
        dealer.send([Data([1])])
        #expect(closed.next(until: .now + patience) == true)
    }

    final class Holder: @unchecked Sendable {
        nonisolated(unsafe) weak var endpoint: RouterEndpoint?
        func closeEndpoint() { endpoint?.close() }
    }
}
