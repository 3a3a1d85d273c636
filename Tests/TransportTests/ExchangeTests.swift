import Foundation
import Messages
import TestSupport
import Testing
import Transport

@Suite struct ExchangeTests {
    @Test(arguments: ["ipc", "tcp"])
    func echo(scheme: String) throws {
        let directory = try TemporaryDirectory()
        let router = try TestRouter(freshAddress(scheme, in: directory))
        #expect(!router.endpoint.address.hasSuffix("*"))
        let dealer = try TestDealer(router.endpoint.address)
        dealer.send([Data("header".utf8), Data(), Data([0, 1, 255])])
        let (peer, frames) = try router.mailbox.message()
        #expect(frames == [Data("header".utf8), Data(), Data([0, 1, 255])])
        #expect(router.endpoint.send(frames.reversed(), to: peer) == .queued)
        let answer = try dealer.mailbox.message()
        #expect(answer.peer == .server)
        #expect(answer.frames == frames.reversed())
    }

    @Test func everyDealerGetsItsOwn() throws {
        let router = try TestRouter("tcp://127.0.0.1:*")
        let dealers = try (0..<3).map { _ in try TestDealer(router.endpoint.address) }
        for (index, dealer) in dealers.enumerated() {
            for round in 0..<100 { dealer.send([Data([UInt8(index), UInt8(round)])]) }
        }
        var rounds: [PeerID: [UInt8]] = [:]
        for _ in 0..<300 {
            let (peer, frames) = try router.mailbox.message()
            rounds[peer, default: []].append(frames[0][1])
            #expect(router.endpoint.send(frames, to: peer) == .queued)
        }
        #expect(rounds.count == 3)
        #expect(rounds.values.allSatisfy { $0 == Array(0..<100) }, "each peer's messages keep their order")
        for (index, dealer) in dealers.enumerated() {
            for round in 0..<100 {
                #expect(try dealer.mailbox.message().frames == [Data([UInt8(index), UInt8(round)])])
            }
        }
    }

    @Test func bigFrames() throws {
        let directory = try TemporaryDirectory()
        let router = try TestRouter(freshAddress("ipc", in: directory))
        let dealer = try TestDealer(router.endpoint.address)
        // As large as a frame may be.
        var big = Data(count: 16 << 20)
        for index in stride(from: 0, to: big.count, by: 4093) { big[index] = UInt8(truncatingIfNeeded: index / 4093) }
        dealer.send([Data("a".utf8), big])
        let (peer, frames) = try router.mailbox.message()
        #expect(frames.count == 2 && frames[1] == big)
        #expect(router.endpoint.send([big, big], to: peer) == .queued)
        #expect(try dealer.mailbox.message().frames == [big, big])
    }

    /// Large frames are handed over where they lie, both ways.
    @Test func framesKeepTheirBytes() throws {
        let directory = try TemporaryDirectory()
        var router: TestRouter? = try TestRouter(freshAddress("ipc", in: directory))
        let dealer = try TestDealer(try #require(router?.endpoint.address))
        var received: [Data] = []
        for round in 0..<20 {
            var frame = Data(repeating: UInt8(round), count: 1 << 20)
            dealer.send([Data("a".utf8), frame, frame[1000..<90_000]])
            // Written after it was handed over: the sender's own copy.
            frame[0] = 255
            #expect(frame[0] == 255)
        }
        for _ in 0..<20 { received.append(contentsOf: try #require(router?.mailbox.message().frames.dropFirst())) }
        dealer.endpoint.close()
        router = nil
        for (index, frame) in received.enumerated() {
            #expect(frame.count == (index % 2 == 0 ? 1 << 20 : 89_000) && frame.allSatisfy { $0 == UInt8(index / 2) })
        }
    }

    @Test func encodedMessagesPass() throws {
        let router = try TestRouter("tcp://127.0.0.1:*")
        let dealer = try TestDealer(router.endpoint.address)
        let tensor = WireTensor("values", [1 << 20], doubles: (0..<(1 << 20)).map(Double.init))
        let envelope = Envelope(
            run: "r", sender: "anna", message: .result(UnitResult(unit: 3, seconds: 1, figures: ["loss": 2], tensors: [tensor])))
        dealer.send(try MessageCodec().encode(envelope))
        #expect(try MessageCodec().decode(router.mailbox.message().frames) == envelope)
    }

    @Test func moreFramesThanAllowedAreDiscardedAndTheNextMessageArrives() throws {
        var options = TransportOptions()
        options.limits.frames = 10
        let router = try TestRouter("tcp://127.0.0.1:*", options)
        let dealer = try TestDealer(router.endpoint.address)
        dealer.send(Array(repeating: Data([1]), count: 11))
        dealer.send([Data([2])])
        let reason = try router.mailbox.first("a discarded message") { event -> ProtocolError? in
            if case .discarded(_, let reason) = event { reason } else { nil }
        }
        #expect(reason == .tooManyFrames(count: 11, limit: 10))
        #expect(try router.mailbox.message().frames == [Data([2])])
    }
}
