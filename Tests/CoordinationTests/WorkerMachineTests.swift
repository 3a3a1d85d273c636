import Coordination
import Diagnostics
import Messages
import Testing

@Suite struct WorkerMachineTests {
    private func machine(giveUp: Double = 30) -> WorkerMachine {
        WorkerMachine(
            WorkerMachine.Settings(
                name: "w", host: "h", pid: 1, threads: 2, fingerprint: "f", endpoint: "tcp://127.0.0.1:1", giveUpSeconds: giveUp),
            incarnation: "i", at: 0)
    }

    private var welcome: Message {
        .welcome(Welcome(run: "run", name: "w", heartbeatSeconds: 1, timeoutSeconds: 10, task: "{}"))
    }

    private var unit: Message {
        .unit(WorkUnit(
            id: 3, needs: [], work: .filters(FilterUnit(layer: "conv1", firstFilter: 0, filterCount: 1, threshold: 0.3, labels: 2, positions: 1))))
    }

    private func kinds(_ actions: [WorkerMachine.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .send(let message): "send \(message.kind)"
            case .configure: "configure"
            case .store: "store"
            case .prepare: "prepare"
            case .drop(let unit): "drop \(unit)"
            case .begin: "begin"
            case .release(let sequence): "release \(sequence)"
            case .logsTaken(let number): "logs taken \(number)"
            case .stopLending: "stop lending"
            case .discardWork: "discard"
            case .log(_, let text, _): "log \(text)"
            case .leave(.done): "done"
            case .leave(.failed): "failed"
            }
        }
    }

    @Test func memoryIsReleasedWhenTheCoordinatorHasReadIt() {
        var machine = machine()
        _ = machine.handle(.connected, at: 0)
        _ = machine.handle(.received(welcome), at: 0)
        #expect(kinds(machine.handle(.received(.acknowledgement(Acknowledgement(of: .result, sequence: 9))), at: 1)) == ["release 9"])
        #expect(machine.handle(.received(.acknowledgement(Acknowledgement(of: .heartbeat, sequence: 9))), at: 1).isEmpty)
        let refusal = Message.refused(Refusal(code: .memory, reason: "no such process"))
        #expect(kinds(machine.handle(.received(refusal), at: 2)) == ["stop lending", "log tensors travel from now on"])
        #expect(machine.isJoined)
    }

    @Test func knocksUntilWelcome() {
        var machine = machine()
        #expect(machine.handle(.tick, at: 0).isEmpty, "there is nothing to say hello over")
        #expect(kinds(machine.handle(.connected, at: 0)) == ["send hello"])
        #expect(machine.handle(.tick, at: 1).isEmpty)
        #expect(kinds(machine.handle(.tick, at: 2)) == ["send hello", "log no answer yet; still trying"])
        #expect(kinds(machine.handle(.received(welcome), at: 3)) == ["configure", "log joined"])
        #expect(machine.isJoined)
    }

    @Test func givesUpAfterTheSetTime() {
        var machine = machine(giveUp: 5)
        for second in 0..<5 { #expect(!kinds(machine.handle(.tick, at: Double(second))).contains("failed")) }
        #expect(kinds(machine.handle(.tick, at: 5)) == ["failed"])
        #expect(machine.handle(.tick, at: 6).isEmpty)
    }

    @Test func beatsWhileJoined() {
        var machine = machine()
        _ = machine.handle(.received(welcome), at: 0)
        #expect(machine.nextDeadline == 1)
        #expect(kinds(machine.handle(.tick, at: 1)) == ["send heartbeat"])
        #expect(machine.handle(.tick, at: 1.5).isEmpty)
    }

    @Test func answersWhatItWasDealtAndNothingElse() {
        var machine = machine()
        _ = machine.handle(.received(welcome), at: 0)
        #expect(kinds(machine.handle(.received(unit), at: 0)) == ["begin"])
        let result = UnitResult(unit: 3, seconds: 1, figures: [:], tensors: [])
        #expect(kinds(machine.handle(.finished(result), at: 1)) == ["send result"])
        #expect(machine.handle(.finished(result), at: 1).isEmpty)
    }

    @Test func silenceOfTheCoordinatorMeansKnockingAgain() {
        var machine = machine()
        _ = machine.handle(.connected, at: 0)
        _ = machine.handle(.received(welcome), at: 0)
        _ = machine.handle(.received(unit), at: 0)
        #expect(kinds(machine.handle(.tick, at: 10)) == ["discard", "log joining again"])
        #expect(kinds(machine.handle(.tick, at: 10)) == ["send hello"])
        // What a lane still brings belongs to nobody.
        #expect(machine.handle(.finished(UnitResult(unit: 3, seconds: 1, figures: [:], tensors: [])), at: 11).isEmpty)
        #expect(kinds(machine.handle(.received(welcome), at: 12)) == ["configure", "log joined again"])
    }

    @Test func refusalAsUnknownMeansKnockingAgainAndOthersTheEnd() {
        var machine = machine()
        _ = machine.handle(.received(welcome), at: 0)
        #expect(kinds(machine.handle(.received(.refused(Refusal(code: .unknownPeer, reason: "", remedy: ""))), at: 1)).first == "discard")
        #expect(kinds(machine.handle(.received(.refused(Refusal(code: .fingerprint, reason: "", remedy: ""))), at: 2)) == ["failed"])
    }

    /// An older coordinator does not know a kind of message, or a newer one has a kind of unit: the worker goes on.
    @Test func whatIsNewToOneSideEndsNothing() {
        var machine = machine()
        _ = machine.handle(.received(welcome), at: 0)
        let refusal = Message.refused(Refusal(code: .unknownKind, reason: "novelty"))
        #expect(kinds(machine.handle(.received(refusal), at: 1)) == ["log the coordinator is older and does not know a kind of message"])
        let actions = machine.handle(.unknownWork(unit: 8, "unit 8 is of unknown kind"), at: 1)
        #expect(kinds(actions) == ["send failure", "log unit of an unknown kind"])
        guard case .send(.failure(let failure))? = actions.first else { Issue.record("no failure"); return }
        #expect(failure.unit == 8 && failure.retryable)
        #expect(machine.isJoined)
        #expect(kinds(machine.handle(.received(.acknowledgement(Acknowledgement(of: .log, sequence: 4))), at: 1)) == ["logs taken 4"])
        #expect(kinds(machine.handle(.otherVersion(Problem("too old")), at: 2)) == ["failed"])
        #expect(machine.handle(.tick, at: 3).isEmpty)
    }

    /// After a restart of the coordinator its answer to an old message may come between hello and welcome.
    @Test func anOldRefusalDoesNotUndoAHello() {
        for code in [RefusalCode.unknownPeer, .wrongRun] {
            var machine = machine()
            _ = machine.handle(.received(welcome), at: 0)
            #expect(kinds(machine.handle(.disconnected, at: 1)).first == "discard")
            #expect(kinds(machine.handle(.connected, at: 2)) == ["send hello"])
            #expect(machine.handle(.received(.refused(Refusal(code: code, reason: "", remedy: ""))), at: 2).isEmpty)
            #expect(kinds(machine.handle(.received(welcome), at: 2)) == ["configure", "log joined again"])
            #expect(kinds(machine.handle(.received(.refused(Refusal(code: code, reason: "", remedy: ""))), at: 3)).first == "discard")
        }
    }

    @Test func saysGoodbyeOnlyWhereItIsKnown() {
        var stranger = machine()
        #expect(kinds(stranger.handle(.leave("interrupted"), at: 0)) == ["done"])
        var joined = machine()
        _ = joined.handle(.received(welcome), at: 0)
        #expect(kinds(joined.handle(.leave("interrupted"), at: 1)) == ["send goodbye", "done"])
    }

    @Test func endOfTheRunEndsTheWorker() {
        var machine = machine()
        _ = machine.handle(.received(welcome), at: 0)
        #expect(kinds(machine.handle(.received(.ended(RunEnd(outcome: .finished, message: ""))), at: 1)) == ["discard", "send goodbye", "done"])
    }

    private var shipment: Message {
        .samples(SampleShipment(unit: 4, work: .survey(SurveyUnit(
            wantHeads: false, wantLabelSums: false,
            part: TreePart(node: TreeNode(level: 0, index: 0), shardCount: 1, shards: [ShardSlice(index: 0, sampleIndices: [0])])))))
    }

    @Test func samplesArePreparedWhileJoinedAndDroppedWhenCancelled() {
        var machine = machine()
        #expect(machine.handle(.received(shipment), at: 0).isEmpty, "nobody welcomed it yet")
        _ = machine.handle(.received(welcome), at: 0)
        #expect(kinds(machine.handle(.received(shipment), at: 0)) == ["prepare"])
        #expect(kinds(machine.handle(.received(.cancel(UnitCancellation(unit: 4))), at: 1)) == ["drop 4"])
        // What was begun is not wanted any more: another was first.
        _ = machine.handle(.received(unit), at: 1)
        #expect(machine.handle(.received(unit), at: 1).isEmpty, "sent again, and it is there")
        #expect(kinds(machine.handle(.received(.cancel(UnitCancellation(unit: 3))), at: 1)) == ["drop 3"])
        #expect(machine.handle(.finished(UnitResult(unit: 3, seconds: 1)), at: 1).isEmpty)
    }

    @Test func onceJoinedItHearsNoOtherRun() {
        var machine = machine()
        #expect(machine.hears(run: "any"))
        _ = machine.handle(.received(welcome), at: 0)
        #expect(machine.hears(run: "run") && !machine.hears(run: "an earlier one"))
    }

    /// A message that the way garbled is lost, and no reason to go.
    @Test func aRefusedMessageDoesNotEndIt() {
        var machine = machine()
        _ = machine.handle(.received(welcome), at: 0)
        let refusal = Message.refused(Refusal(code: .malformed, reason: "noise"))
        #expect(kinds(machine.handle(.received(refusal), at: 1)) == ["log a message was refused"])
        #expect(machine.isJoined)
    }

    @Test func dataOfItsOwnIsDeclaredOnlyWhereItIsKnown() {
        var machine = machine()
        let declaration = DataDeclaration(splits: [SplitFacts(split: "train", facts: ["samples": "5"])])
        #expect(machine.handle(.hasData(declaration), at: 0).isEmpty)
        _ = machine.handle(.received(welcome), at: 0)
        #expect(kinds(machine.handle(.hasData(declaration), at: 0)) == ["send data"])
    }
}
