import Foundation
import Glibc
import Messages
import TestSupport
import Testing
import Transport

/// What senders of ill will can make a router hold, and that others do not feel it.
@Suite struct BoundsTests {
    private struct Router {
        let inbox: RouterInbox
        let endpoint: RouterEndpoint

        init(_ bounds: RouterInbox.Bounds = .init(), _ options: TransportOptions = .init()) throws {
            inbox = RouterInbox(bounds)
            endpoint = try RouterEndpoint(bind: "tcp://127.0.0.1:*", options: options, into: inbox)
        }

        /// The next message that `pick` wants.
        func message(from wanted: PeerID? = nil) throws -> (peer: PeerID, frames: [Data]) {
            let deadline = ContinuousClock.now + patience
            while let event = inbox.next(until: deadline) {
                if case .message(let peer, let frames) = event, wanted == nil || wanted == peer { return (peer, frames) }
            }
            throw Missing(what: "a message", line: #line)
        }

        /// Waits until so many of a kind were refused.
        func waitForRefused(_ kind: RouterInbox.Refused, _ count: Int = 1) throws {
            var total = 0
            try waitUntil("\(count) are refused as \(kind)", within: 20) {
                total += inbox.takeRefused()[kind] ?? 0
                return total >= count
            }
            #expect(total == count)
        }

        /// Somebody else is served as ever.
        func expectToServe() throws {
            let dealer = try TestDealer(endpoint.address)
            dealer.send([Data("anybody there?".utf8)])
            var peer: PeerID?
            let deadline = ContinuousClock.now + patience
            while peer == nil, let event = inbox.next(until: deadline) {
                if case .message(let sender, [Data("anybody there?".utf8)]) = event { peer = sender }
            }
            #expect(endpoint.send([Data("yes".utf8)], to: try #require(peer)) == .queued)
            #expect(try dealer.mailbox.message().frames == [Data("yes".utf8)])
        }
    }

    /// libzmq collects a message's frames without bound before it delivers the first.
    /// In a process of its own, whose memory no other test takes.
    @Test(arguments: [1 << 16, 0]) func messageWithoutEndIsCutShort(frameBytes: Int) async {
        await #expect(processExitsWith: .success) { [frameBytes = frameBytes as Int] in
            try BoundsTests.sendWithoutEnd(frameBytes: frameBytes)
        }
    }

    private static func sendWithoutEnd(frameBytes: Int) throws {
        let router = try Router()
        let before = residentBytes()
        let endless = try RawSocket(connectedTo: router.endpoint.address)
        try endless.greetAsDealer()
        let head = frameBytes == 0 ? Data([1, 0]) : Data([3]) + withUnsafeBytes(of: UInt64(frameBytes).bigEndian) { Data($0) }
        let burst = Data(Array(repeating: head + Data(count: frameBytes), count: frameBytes == 0 ? 50_000 : 4).joined())
        var sent = 0
        // Either way the sender would have sent 2 GB, had nobody stopped it.
        while sent < 2 << 30, (try? endless.send(burst)) != nil { sent += burst.count }
        #expect(sent < 1 << 30, "\(sent >> 20) MiB were taken")
        try router.waitForRefused(.cut)
        try router.expectToServe()
        // An empty frame takes 64 bytes inside libzmq.
        #expect(residentBytes() - before < (frameBytes == 0 ? 32 : 1) * sent + 64 << 20)
    }

    @Test func anAdmittedPeersMessageMayBeAsLargeAsAllowed() throws {
        let router = try Router()
        router.endpoint.allowMessages(upTo: 20 << 20)
        let dealer = try TestDealer(router.endpoint.address)
        dealer.send([Data("hello".utf8)])
        let peer = try router.message().peer
        router.inbox.admit(peer)
        // 20 MB pass whole, again and again: what is counted is what is under way.
        for _ in 0..<5 { dealer.send(Array(repeating: Data(count: 4 << 20), count: 5)) }
        for _ in 0..<5 { #expect(try router.message(from: peer).frames.count == 5) }
        dealer.send(Array(repeating: Data(count: 4 << 20), count: 6))
        let deadline = ContinuousClock.now + patience
        var reason: ProtocolError?
        while reason == nil, let event = router.inbox.next(until: deadline) {
            switch event {
            case .discarded(peer, let error): reason = error
            // Slow enough, it is cut before it is whole.
            case .hungUp(peer): reason = .noFrames
            default: break
            }
        }
        #expect(reason == .messageTooLarge(bytes: 24 << 20, limit: 20 << 20) || reason == .noFrames)
    }

    @Test func aFrameOverTheLimitCutsTheConnection() throws {
        let router = try Router()
        let liar = try RawSocket(connectedTo: router.endpoint.address)
        try liar.greetAsDealer()
        // With a first message out of it the router's own thread has seen the connection, too.
        try liar.send(zeroMQFrame: Data("hello".utf8))
        _ = try router.message()
        try liar.send(Data([2, 0x40, 0, 0, 0, 0, 0, 0, 0]))
        try router.waitForRefused(.cut)
        try router.expectToServe()
        liar.hangUp()
    }

    @Test func handshakesThatComeToNothingAreCounted() throws {
        var options = TransportOptions()
        options.handshakeTimeout = .milliseconds(300)
        let router = try Router(.init(), options)
        let web = try RawSocket(connectedTo: router.endpoint.address)
        try web.send(Data([0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0]) + Data("PLAIN".utf8) + Data(count: 47))
        try router.waitForRefused(.handshake)
        let silent = try RawSocket(connectedTo: router.endpoint.address)
        try silent.send(RawSocket.greeting.prefix(20))
        try router.waitForRefused(.handshake)
        #expect(router.inbox.takeRefused() == [:], "counted once")
        try router.expectToServe()
        for socket in [web, silent] { socket.hangUp() }
    }

    @Test func aStrangersLineIsShort() throws {
        var bounds = RouterInbox.Bounds()
        bounds.strangersBytes = 1 << 20
        let router = try Router(bounds)
        let worker = try TestDealer(router.endpoint.address)
        worker.send([Data("hello".utf8)])
        let peer = try router.message().peer
        router.inbox.admit(peer)
        let flood = try TestDealer(router.endpoint.address)
        for _ in 0..<1000 { flood.send([Data(count: 10_000)]) }
        try waitUntil("a flood is dropped", within: 20) { (router.inbox.takeRefused()[.flood] ?? 0) > 0 }
        // A worker's message comes through, and first.
        worker.send([Data("result".utf8)])
        try waitUntil("the worker's message has come", within: 20) {
            guard case .message(let sender, _)? = router.inbox.next(strangers: false) else { return false }
            return sender == peer
        }
        var rest = 0
        while router.inbox.next(strangers: true) != nil { rest += 1 }
        #expect(rest < 120)
    }

    /// A worker loses nothing: it waits, and the router goes on sending meanwhile.
    @Test func aFullLineHoldsWorkersBack() throws {
        var bounds = RouterInbox.Bounds()
        bounds.admittedBytes = 4 << 20
        let router = try Router(bounds)
        let worker = try TestDealer(router.endpoint.address)
        worker.send([Data("hello".utf8)])
        let peer = try router.message().peer
        router.inbox.admit(peer)
        let count = 200
        for index in 0..<count { worker.send([Data([UInt8(index)]), Data(count: 1 << 20)]) }
        // Whatever fits into buffers on the way has gone; then nothing moves, and answers still do.
        usleep(300_000)
        #expect(router.endpoint.send([Data("still here".utf8)], to: peer) == .queued)
        #expect(try worker.mailbox.message().frames == [Data("still here".utf8)])
        let before = Self.residentBytes()
        for index in 0..<count { #expect(try router.message(from: peer).frames.first == Data([UInt8(index)])) }
        #expect(Self.residentBytes() - before < 64 << 20)
    }

    @Test func whoNeverReadsGetsLittle() throws {
        let router = try Router()
        let deaf = try RawSocket(connectedTo: router.endpoint.address)
        try deaf.greetAsDealer()
        let reply = Data(count: 50_000)
        var (queued, full) = (0, 0)
        for _ in 0..<400 {
            try deaf.send(zeroMQFrame: Data("more".utf8))
            let peer = try router.message().peer
            if router.endpoint.send([reply], to: peer) == .queued { queued += 1 } else { full += 1 }
        }
        var dropped = 0
        try waitUntil("replies are dropped", within: 20) {
            dropped += router.inbox.takeRefused()[.flood] ?? 0
            return dropped + full > 200
        }
        try router.expectToServe()
        deaf.hangUp()
    }

    @Test func aCrowdOfStrangersIsThinnedFromTheOldest() throws {
        let router = try Router()
        let worker = try TestDealer(router.endpoint.address)
        worker.send([Data("hello".utf8)])
        let peer = try router.message().peer
        router.inbox.admit(peer)
        let crowd = try (0..<300).map { _ in try RawSocket(connectedTo: router.endpoint.address) }
        try waitUntil("some are cut", within: 20) { (router.inbox.takeRefused()[.crowded] ?? 0) > 0 }
        try router.expectToServe()
        worker.send([Data("still here".utf8)])
        #expect(try router.message(from: peer).frames == [Data("still here".utf8)])
        for socket in crowd { socket.hangUp() }
    }

    /// Descriptors are used again by the next connection; counts must not follow the number.
    @Test func manyConnectionsInTurnAndALongOneAreLeftAlone() throws {
        let router = try Router()
        for round in 0..<60 {
            let dealer = try TestDealer(router.endpoint.address)
            dealer.send([Data(count: 100_000), Data([UInt8(round)])])
            #expect(try router.message().frames.last == Data([UInt8(round)]))
            dealer.endpoint.close()
        }
        let long = try TestDealer(router.endpoint.address)
        for index in 0..<4000 {
            long.send([Data(count: 1000), Data([UInt8(truncatingIfNeeded: index)])])
            #expect(try router.message().frames.last == Data([UInt8(truncatingIfNeeded: index)]))
        }
        #expect(router.inbox.takeRefused() == [:])
    }

    @Test func theEndOfAWorkersConnectionIsToldAfterItsLastMessage() throws {
        let router = try Router()
        let worker = try TestDealer(router.endpoint.address)
        worker.send([Data("hello".utf8)])
        let peer = try router.message().peer
        router.inbox.admit(peer)
        for index in 0..<20 { worker.send([Data([UInt8(index)])]) }
        worker.endpoint.close(flushingFor: patience)
        var last: UInt8?
        let deadline = ContinuousClock.now + patience
        while let event = router.inbox.next(until: deadline) {
            if case .message(_, let frames) = event { last = frames[0].first }
            if case .hungUp(peer) = event { break }
        }
        #expect(last == 19)
    }

    private static func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let fields = text.split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
