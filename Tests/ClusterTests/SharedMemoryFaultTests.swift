import Foundation
import Messages
import Tensors
import TestSupport
import Testing
import Transport

extension ClusterTests {
    /// Workers that offer memory and then cannot keep to it: the unit is dealt again, and tensors travel.
    @Suite struct SharedMemoryFaultTests {
        @Test func whoCannotMapTheWeightsGetsThemInFrames() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let odd = try OddWorker("odd", at: endpoint)
            #expect(try odd.join(offering: odd.segment.reference).memory != nil)

            let first = try odd.dealt()
            #expect(first.parameters?.tensors.first?.memory != nil, "the weights are where this process can map them")
            odd.send(.failure(UnitFailure(unit: first.unit.id, what: "the weights cannot be mapped", retryable: true)))

            let second = try odd.dealt()
            #expect(second.unit.id == first.unit.id)
            let weights = try #require(second.parameters?.tensors.first)
            #expect(weights.memory == nil)
            #expect(try weights.floats().contains { $0 != 0 })
            odd.send(.goodbye(Goodbye(reason: "seen enough")))

            let worker = try trial.worker("anna", at: endpoint)
            try trial.expectUndisturbedResults(try coordinator.wait())
            #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)")
        }

        @Test func aResultInMemoryThatIsNotThereIsComputedAgain() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let odd = try OddWorker("odd", at: endpoint)
            #expect(try odd.join(offering: odd.segment.reference).memory != nil)
            let dealt = try odd.dealt()
            var nowhere = odd.segment.reference
            nowhere.descriptor = 1 << 20
            let gradient = WireTensor("gradient", [100_000], at: nowhere)
            odd.send(.result(UnitResult(unit: dealt.unit.id, seconds: 1, figures: ["samples": 25], tensors: [gradient])))
            let refusal = try odd.next("a refusal") { message -> Refusal? in
                if case .refused(let refusal) = message { refusal } else { nil }
            }
            #expect(refusal.code == .memory)
            #expect(try odd.dealt().unit.id == dealt.unit.id)
            odd.send(.goodbye(Goodbye(reason: "seen enough")))

            let worker = try trial.worker("anna", at: endpoint)
            try trial.expectUndisturbedResults(try coordinator.wait())
            #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)")
        }

        /// As a worker on another machine would, whose process numbers mean something else here.
        @Test func anOfferThatLeadsNowhereIsPassedOver() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let odd = try OddWorker("odd", at: endpoint)
            var elsewhere = odd.segment.reference
            elsewhere.identifier = String(repeating: "0", count: 32)
            #expect(try odd.join(offering: elsewhere).memory == nil)
            let dealt = try odd.dealt()
            #expect(dealt.parameters?.tensors.first?.memory == nil)
            odd.send(.goodbye(Goodbye(reason: "seen enough")))
            let worker = try trial.worker("anna", at: endpoint)
            try trial.expectUndisturbedResults(try coordinator.wait())
            #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)")
        }
    }
}

/// A worker that this test plays, message by message.
private final class OddWorker {
    let segment: SharedSegment
    private let name: String
    private let mailbox = Mailbox<TransportEvent>()
    private let dealer: DealerEndpoint
    private let codec = MessageCodec()
    private let incarnation = UUID().uuidString
    private var run = ""

    init(_ name: String, at endpoint: String) throws {
        self.name = name
        segment = try SharedSegment(count: 0)
        let mailbox = mailbox
        dealer = try DealerEndpoint(connect: endpoint) { mailbox.put($0) }
    }

    func send(_ message: Message) {
        guard let frames = try? codec.encode(Envelope(run: run, sender: name, message: message)) else {
            Issue.record("\(message) cannot be encoded")
            return
        }
        #expect(dealer.send(frames) == .queued)
    }

    func next<Value>(_ what: String, _ pick: (Message) -> Value?) throws -> Value {
        let deadline = ContinuousClock.now + .seconds(30)
        while let event = mailbox.next(until: deadline) {
            guard case .message(_, let frames) = event else { continue }
            if let value = pick(try codec.decode(frames).message) { return value }
        }
        throw Missing(what: what)
    }

    /// Says hello with the kernels that the run admits, which it learns by being refused first.
    func join(offering memory: SegmentReference) throws -> Welcome {
        func hello(_ fingerprint: String) -> Message {
            .hello(Hello(
                name: name, incarnation: incarnation, host: "test", pid: Int(getpid()), threads: 1, fingerprint: fingerprint,
                memory: memory))
        }
        send(hello("none"))
        let reason = try next("a refusal") { message -> String? in
            if case .refused(let refusal) = message { refusal.reason } else { nil }
        }
        let fingerprint = try #require(reason.firstMatch(of: /this run's are (.*), and results/)).1
        send(hello(String(fingerprint)))
        let welcome = try next("a welcome") { message -> Welcome? in
            if case .welcome(let welcome) = message { welcome } else { nil }
        }
        run = welcome.run
        return welcome
    }

    /// The next unit, and the parameters that came before it.
    func dealt() throws -> (parameters: ParameterUpdate?, unit: WorkUnit) {
        var parameters: ParameterUpdate?
        let unit = try next("a unit") { message -> WorkUnit? in
            if case .parameters(let update) = message { parameters = update }
            if case .unit(let unit) = message { return unit }
            return nil
        }
        return (parameters, unit)
    }

    struct Missing: Error { let what: String }
}
