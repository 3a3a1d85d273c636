import Coordination
import Messages
import Testing

@Suite struct AuditTests {
    private func machine(share: Double = 1, patience: Double = 50) -> CoordinatorMachine {
        CoordinatorMachine(CoordinatorMachine.Settings(
            run: "run", task: "{}", fingerprint: "f", heartbeatSeconds: 1, timeoutSeconds: 1000, unitAttempts: 5,
            audit: AuditSettings(share: share, seed: 1, patienceSeconds: patience)))
    }

    private func unit(_ id: UInt64) -> WorkUnit {
        WorkUnit(id: id, needs: [], work: .filters(FilterUnit(
            layer: "conv1", firstFilter: 0, filterCount: 1, threshold: 0.3, labels: 2, positions: 1)))
    }

    private func peer(_ number: UInt8) -> PeerID { PeerID([number]) }

    private func join(_ machine: inout CoordinatorMachine, _ numbers: [UInt8]) -> [CoordinatorMachine.Action] {
        numbers.flatMap { number in
            machine.handle(.received(peer(number), .hello(Hello(
                name: "w\(number)", incarnation: "i\(number)", host: "h\(number)", pid: Int(number), threads: 1, fingerprint: "f"))), at: 0)
        }
    }

    private func answer(_ machine: inout CoordinatorMachine, _ number: UInt8, _ id: UInt64, loss: Double, at now: Double = 1) -> [CoordinatorMachine.Action] {
        // Times differ and are no part of what is compared.
        let result = UnitResult(unit: id, seconds: Double(number), figures: ["loss": loss, "seconds.forward": Double(number)])
        return machine.handle(.audited(peer(number), result, result.digest), at: now)
    }

    private func told(_ actions: [CoordinatorMachine.Action]) -> [String] {
        actions.compactMap { action in
            switch action {
            case .deal(let peer, let unit, _): "\(peer.bytes[0]) unit \(unit.id)"
            case .completed(let unit, let result, let worker, _): "\(unit.id) is \(result.figures["loss"] ?? 0) by \(worker.name)"
            case .send(let peer, .refused(let refusal)): "\(peer.bytes[0]) refused \(refusal.code.rawValue)"
            case .left(let worker, _, _): "\(worker.name) left"
            case .gaveUp(let unit, let causes): "gave up \(unit.id): \(causes.joined())"
            default: nil
            }
        }
    }

    @Test func twoThatAgreeMakeAResult() {
        var machine = machine()
        _ = join(&machine, [1, 2])
        #expect(told(machine.submit([unit(1)])) == ["1 unit 1", "2 unit 1"])
        #expect(told(answer(&machine, 2, 1, loss: 0.5)).isEmpty)
        #expect(told(answer(&machine, 1, 1, loss: 0.5)) == ["1 is 0.5 by w2"])
        #expect(machine.auditTally.agreed == 1 && machine.openUnitCount == 0)
    }

    @Test func aThirdDecidesAndTheOddOneIsSetAside() {
        var machine = machine()
        _ = join(&machine, [1, 2, 3])
        _ = machine.submit([unit(1)])
        _ = answer(&machine, 1, 1, loss: 0.5)
        let differing = answer(&machine, 2, 1, loss: 0.25)
        #expect(told(differing) == ["3 unit 1"])
        #expect(machine.standingFaults == ["unit 1: w1 and w2 disagree; a third worker has to decide"])
        #expect(differing.contains { if case .log(.error, _, 1, let fields) = $0 { fields["workers"] == "w1 and w2" } else { false } })
        #expect(told(answer(&machine, 3, 1, loss: 0.25)) == ["1 is 0.25 by w2", "1 refused set-aside", "w1 left"])
        #expect(machine.standingFaults.count == 1 && machine.standingFaults[0].contains("w1 on h1"))
        // The same machine under a new process is not let in.
        let again = machine.handle(.received(peer(9), .hello(Hello(
            name: "w1", incarnation: "another", host: "h1", pid: 99, threads: 1, fingerprint: "f"))), at: 2)
        #expect(told(again) == ["9 refused set-aside"])
        #expect(machine.workers.map(\.name) == ["w2", "w3"])
    }

    @Test func withTwoTheDisagreementWaitsForAThird() {
        var machine = machine()
        _ = join(&machine, [1, 2])
        _ = machine.submit([unit(1)])
        _ = answer(&machine, 1, 1, loss: 0.5)
        #expect(told(answer(&machine, 2, 1, loss: 0.25)).isEmpty)
        #expect(machine.nextDeadline ?? .infinity <= 51)
        #expect(told(machine.handle(.tick, at: 50)).isEmpty)
        let gaveUp = told(machine.handle(.tick, at: 51))
        #expect(gaveUp.count == 1 && gaveUp[0].contains("w1 on h1, w2 on h2"))
    }

    @Test func aloneItSaysThatNothingIsAudited() {
        var machine = machine()
        _ = join(&machine, [1])
        #expect(told(machine.submit([unit(1)])) == ["1 unit 1"])
        let actions = answer(&machine, 1, 1, loss: 0.5)
        #expect(told(actions) == ["1 is 0.5 by w1"])
        #expect(machine.auditTally.lapsed == 1)
        #expect(actions.contains { if case .log(.warning, let text, _, _) = $0 { text.contains("unaudited") } else { false } })
    }

    /// The second went before it answered.
    @Test func theFirstAnswerCountsWhenNobodyElseIsLeft() {
        var machine = machine()
        _ = join(&machine, [1, 2])
        _ = machine.submit([unit(1)])
        _ = answer(&machine, 1, 1, loss: 0.5)
        #expect(told(machine.handle(.unreachable(peer(2)), at: 2)) == ["w2 left", "1 is 0.5 by w1"])
    }

    @Test func theShareIsDrawnFromTheNumberAlone() {
        let settings = AuditSettings(share: 0.1, seed: 5)
        let chosen = (1...20_000).count { settings.includes(UInt64($0)) }
        // Within four standard deviations of 2,000.
        #expect(abs(chosen - 2000) < 170)
        #expect((1...100).map { settings.includes(UInt64($0)) } == (1...100).map { settings.includes(UInt64($0)) })
        #expect(!AuditSettings(share: 0).includes(1) && AuditSettings(share: 1).includes(1))
    }

    @Test func theDigestIsOfAllThatDependsOnTheUnit() {
        func result(_ change: (inout UnitResult) -> Void = { _ in }) -> UnitResult {
            var result = UnitResult(
                unit: 1, seconds: 1, figures: ["loss": 1, "seconds.forward": 2], tensors: [WireTensor("g", [2], floats: [1, 2])])
            change(&result)
            return result
        }
        #expect(result().digest == result { $0.seconds = 9; $0.waitedSeconds = 1; $0.figures["seconds.forward"] = 7 }.digest)
        #expect(result().digest != result { $0.figures["loss"] = Double(1).nextUp }.digest)
        #expect(result().digest != result { $0.tensors = [WireTensor("g", [2], floats: [1, Float(2).nextUp])] }.digest)
        #expect(result().digest != result { $0.damaged = [DamagedSample(sample: 3, what: "")] }.digest)
    }
}
