import Coordination
import Messages
import Testing

/// What is not taken, whoever sends it, and that it is counted.
@Suite struct RefusalTests {
    private func machine() -> CoordinatorMachine {
        CoordinatorMachine(CoordinatorMachine.Settings(
            run: "run", task: "{}", fingerprint: "f", heartbeatSeconds: 1, timeoutSeconds: 10, unitAttempts: 5))
    }

    private func unit(_ id: UInt64) -> WorkUnit {
        WorkUnit(id: id, needs: [], work: .filters(FilterUnit(
            layer: "conv1", firstFilter: 0, filterCount: 1, threshold: 0.3, labels: 2, positions: 1)))
    }

    private func peer(_ number: UInt8) -> PeerID { PeerID([number]) }

    private func join(_ machine: inout CoordinatorMachine, _ number: UInt8, at now: Double = 0) {
        _ = machine.handle(.received(peer(number), .hello(Hello(
            name: "w\(number)", incarnation: "i\(number)", host: "h", pid: Int(number), threads: 1, fingerprint: "f"))), at: now)
    }

    private func result(_ id: UInt64, samples: Double = 25) -> Message {
        .result(UnitResult(unit: id, seconds: 1, figures: ["samples": samples], tensors: []))
    }

    private func completed(_ actions: [CoordinatorMachine.Action]) -> Int {
        actions.count { if case .completed = $0 { true } else { false } }
    }

    @Test func answersToUnitsOfOthersAreCountedAndHarmless() {
        var machine = machine()
        join(&machine, 1)
        join(&machine, 2)
        _ = machine.submit([unit(1)])
        #expect(machine.expects(1, from: peer(1)) && !machine.expects(1, from: peer(2)))
        #expect(completed(machine.handle(.received(peer(2), result(1)), at: 1)) == 0)
        let failure = Message.failure(UnitFailure(unit: 1, what: "no", retryable: false))
        #expect(!machine.handle(.received(peer(2), failure), at: 1).contains { if case .gaveUp = $0 { true } else { false } })
        #expect(machine.refusals[.unasked] == 2)
        #expect(completed(machine.handle(.received(peer(1), result(1)), at: 1)) == 1)
        // Once more, and for a unit that never was.
        #expect(completed(machine.handle(.received(peer(1), result(1)), at: 1)) == 0)
        #expect(completed(machine.handle(.received(peer(1), result(99)), at: 1)) == 0)
        #expect(machine.refusals.counts == ["unasked": 4])
        #expect(machine.workers.count == 2, "an honest worker that is late is not sent away")
    }

    @Test(arguments: [Double.nan, .infinity, -1e300, 1e300, 9e18, 0.5]) func impossibleNumbersOfSamplesTrapNothing(samples: Double) {
        var machine = machine()
        join(&machine, 1)
        for id in 1...3 {
            _ = machine.submit([unit(UInt64(id))])
            #expect(completed(machine.handle(.received(peer(1), result(UInt64(id), samples: samples)), at: 1)) == 1)
        }
    }

    @Test func eachKindIsCountedAndAFewLinesAreLogged() {
        var machine = machine()
        join(&machine, 1)
        let wrongWay = Message.cancel(UnitCancellation(unit: 1))
        var lines: [String] = []
        for _ in 0..<1000 {
            for event in [
                CoordinatorMachine.Event.received(peer(1), wrongWay), .received(peer(2), wrongWay), .garbled(peer(2), "a\u{1B}[31mb", .version),
                .garbled(peer(1), String(repeating: "x", count: 1 << 20), .tooLarge), .ofAnotherRun(peer(3)), .turnedAway(.flood, count: 7),
            ] {
                for case .log(_, let message, _, let fields) in machine.handle(event, at: 1) {
                    #expect(message == "message refused")
                    #expect(fields.values.allSatisfy { $0.count <= 301 && !$0.contains("\u{1B}") })
                    lines.append(fields["refusal"] ?? "")
                }
            }
        }
        #expect(machine.refusals.counts == ["wrong-direction": 2000, "version": 1000, "too-large": 1000, "wrong-run": 1000, "flood": 7000])
        #expect(lines.count { $0 == "version" } == 4, "1, 10, 100, 1000")
        #expect(lines.count <= 24)
    }

    @Test func refusalsQuoteLittleAndNameTheirCode() throws {
        var machine = machine()
        let codes = [RefusalKind.malformed, .tooLarge, .version, .unknownKind].map { kind -> RefusalCode? in
            for case .send(_, .refused(let refusal)) in machine.handle(.garbled(peer(1), String(repeating: "y", count: 70_000), kind), at: 0) {
                #expect(refusal.reason.utf8.count < 400)
                return refusal.code
            }
            return nil
        }
        #expect(codes == [.malformed, .tooLarge, .version, .unknownKind])
    }

    @Test func countsAreLoggedAtPowersOfTen() {
        var tally = RefusalTally()
        #expect((0..<100).compactMap { _ in tally.add(.malformed) } == [1, 10, 100])
        #expect(tally.add(.malformed, count: 5000) == 5100, "a jump over a power is told once")
        #expect(tally.add(.malformed, count: 0) == nil)
        #expect(tally.add(.flood, count: .max) == .max)
        #expect(tally.add(.flood, count: .max) == nil, "no overflow")
    }
}
