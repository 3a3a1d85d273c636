import Coordination
import Messages
import Testing

/// Pause, resume, stop, drain.
@Suite struct CommandTests {
    private func machine() -> CoordinatorMachine {
        CoordinatorMachine(CoordinatorMachine.Settings(
            run: "run", task: "{}", fingerprint: "f", heartbeatSeconds: 1, timeoutSeconds: 10, unitAttempts: 2))
    }

    private let otto = PeerID([99])

    private func unit(_ id: UInt64) -> WorkUnit {
        WorkUnit(id: id, needs: [], work: .filters(FilterUnit(layer: "conv1", firstFilter: 0, filterCount: 1, threshold: 0.3, labels: 2, positions: 1)))
    }

    private func trainUnit(_ id: UInt64) -> WorkUnit {
        let part = TreePart(node: TreeNode(level: 0, index: 0), shardCount: 1, shards: [ShardSlice(index: 0, sampleIndices: [1])])
        return WorkUnit(id: id, needs: [], work: .train(TrainUnit(step: Int(id), epoch: 0, batchCount: 1, seed: 1, augment: false, part: part)))
    }

    private func join(_ machine: inout CoordinatorMachine, _ numbers: [UInt8]) {
        for number in numbers {
            _ = machine.handle(.received(PeerID([number]), .hello(Hello(
                name: "w\(number)", incarnation: "i\(number)", host: "h", pid: 1, threads: 1, fingerprint: "f", samplesAhead: true))), at: 0)
        }
    }

    private func give(_ command: Command, _ machine: inout CoordinatorMachine) -> [CoordinatorMachine.Action] {
        machine.handle(.received(otto, .command(command)), at: 1)
    }

    private func answer(_ unit: UInt64, by number: UInt8, _ machine: inout CoordinatorMachine) -> [CoordinatorMachine.Action] {
        machine.handle(.received(PeerID([number]), .result(UnitResult(unit: unit, seconds: 1, figures: [:], tensors: []))), at: 1)
    }

    private func dealt(_ actions: [CoordinatorMachine.Action]) -> [String] {
        actions.compactMap { if case .deal(let peer, let unit, _) = $0 { "\(peer.bytes[0]):\(unit.id)" } else { nil } }
    }

    private func ahead(_ actions: [CoordinatorMachine.Action]) -> [String] {
        actions.compactMap { if case .sendSamples(let peer, let unit, _) = $0 { "\(peer.bytes[0]):\(unit.id)" } else { nil } }
    }

    private func sent(_ actions: [CoordinatorMachine.Action], to number: UInt8) -> [MessageKind] {
        actions.compactMap { if case .send(let peer, let message) = $0, peer.bytes == [number] { message.kind } else { nil } }
    }

    @Test func aPauseDealsNothingAndAResumeAllOfIt() {
        var machine = machine()
        join(&machine, [1])
        #expect(dealt(machine.submit([unit(1), unit(2), unit(3)])) == ["1:1", "1:2"])
        #expect(sent(give(Command(.pause), &machine), to: 99) == [.commandReply])
        #expect(machine.isPaused)
        // What is in hand is finished and counts; nothing follows it, whatever happens.
        let finished = answer(1, by: 1, &machine)
        #expect(finished.contains { if case .completed = $0 { true } else { false } })
        #expect(dealt(finished).isEmpty)
        #expect(dealt(machine.submit([unit(4)])).isEmpty)
        join(&machine, [2])
        #expect(dealt(machine.handle(.tick, at: 2)).isEmpty)
        #expect(dealt(machine.handle(.unreachable(PeerID([1])), at: 2)).isEmpty)
        #expect(dealt(give(Command(.resume), &machine)) == ["2:2", "2:3"])
        #expect(dealt(answer(2, by: 2, &machine)) == ["2:4"])
        #expect(!machine.isPaused)
    }

    @Test func samplesThatAreAheadWaitThePauseOut() {
        var machine = machine()
        join(&machine, [1])
        _ = machine.submit([trainUnit(1)])
        #expect(ahead(machine.prepare([(trainUnit(2), 10)])) == ["1:2"])
        _ = give(Command(.pause), &machine)
        _ = answer(1, by: 1, &machine)
        #expect(machine.submit([trainUnit(2)]).isEmpty)
        #expect(machine.prepare([(trainUnit(3), 10)]).isEmpty)
        let actions = give(Command(.resume), &machine)
        #expect(dealt(actions) == ["1:2"])
        #expect(ahead(actions) == ["1:3"])
    }

    @Test func aPauseThatEndsInAnEndHoldsNothingBack() {
        var machine = machine()
        join(&machine, [1])
        _ = give(Command(.pause), &machine)
        _ = machine.submit([unit(1)])
        machine.abandonUnits()
        #expect(dealt(give(Command(.resume), &machine)).isEmpty)
    }

    @Test func stopIsHandedOn() {
        var machine = machine()
        let actions = give(Command(.stop), &machine)
        #expect(actions.contains { if case .stopRequested = $0 { true } else { false } })
        #expect(sent(actions, to: 99) == [.commandReply])
    }

    @Test func commandsAfterTheEndAreRefused() {
        var machine = machine()
        _ = machine.finish(RunEnd(outcome: .finished, message: ""))
        for action in CommandAction.allCases {
            #expect(sent(give(Command(action, worker: action == .drain ? "w1" : nil), &machine), to: 99) == [.refused], "\(action)")
        }
        #expect(!machine.isPaused)
    }

    @Test func aDrainedWorkerFinishesWhatItHasAndGoes() {
        var machine = machine()
        join(&machine, [1, 2])
        #expect(dealt(machine.submit((1...5).map { unit($0) })) == ["1:1", "2:2", "1:3", "2:4"])
        let actions = give(Command(.drain, worker: "w1"), &machine)
        #expect(sent(actions, to: 99) == [.commandReply] && sent(actions, to: 1).isEmpty)
        #expect(dealt(answer(1, by: 1, &machine)).isEmpty)
        let last = answer(3, by: 1, &machine)
        #expect(sent(last, to: 1) == [.ended])
        #expect(last.contains { if case .completed = $0 { true } else { false } })
        #expect(dealt(answer(2, by: 2, &machine)) == ["2:5"])
        _ = machine.handle(.received(PeerID([1]), .goodbye(Goodbye(reason: "drained"))), at: 2)
        #expect(machine.workers.map(\.name) == ["w2"])
        // Over a new connection it is sent away again; another process of its name is welcome.
        let again = machine.handle(.received(PeerID([3]), .hello(Hello(
            name: "w1", incarnation: "i1", host: "h", pid: 1, threads: 1, fingerprint: "f"))), at: 3)
        #expect(sent(again, to: 3) == [.ended])
        join(&machine, [4])
        #expect(machine.workers.map(\.name) == ["w2", "w4"])
    }

    @Test func anIdleWorkerIsDismissedAtOnce() {
        var machine = machine()
        join(&machine, [1])
        #expect(sent(give(Command(.drain, worker: "w1"), &machine), to: 1) == [.ended])
    }

    @Test func samplesAheadOfADrainedWorkerGoToOthersWithoutCountingAsAFailure() {
        var machine = machine()
        join(&machine, [1, 2])
        _ = machine.submit([trainUnit(1), trainUnit(2)])
        #expect(ahead(machine.prepare([(trainUnit(3), 10), (trainUnit(4), 10)])) == ["1:3", "2:4"])
        let actions = give(Command(.drain, worker: "w1"), &machine)
        #expect(sent(actions, to: 1) == [.cancel])
        #expect(ahead(actions) == ["2:3"])
        // Two attempts are allowed: one failure is not yet the end.
        _ = answer(1, by: 1, &machine)
        _ = answer(2, by: 2, &machine)
        #expect(Set(dealt(machine.submit([trainUnit(3), trainUnit(4)]))) == ["2:3", "2:4"])
        let failed = machine.handle(.received(PeerID([2]), .failure(UnitFailure(unit: 3, what: "boom", retryable: true))), at: 2)
        #expect(!failed.contains { if case .gaveUp = $0 { true } else { false } })
        #expect(dealt(failed) == ["2:3"])
    }

    @Test func anUnknownWorkerIsNamed() {
        var machine = machine()
        join(&machine, [1])
        let actions = give(Command(.drain, worker: "w7"), &machine)
        guard case .send(_, .refused(let refusal))? = actions.first else { Issue.record("not refused"); return }
        #expect(refusal.code == .unknownWorker)
        #expect(refusal.remedy?.contains("w1") == true)
    }
}
