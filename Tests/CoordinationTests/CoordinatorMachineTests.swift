import Coordination
import Diagnostics
import Messages
import Testing

@Suite struct CoordinatorMachineTests {
    private func machine(attempts: Int = 5) -> CoordinatorMachine {
        CoordinatorMachine(CoordinatorMachine.Settings(
            run: "run", task: "{}", fingerprint: "f", heartbeatSeconds: 1, timeoutSeconds: 10, unitAttempts: attempts))
    }

    private func unit(_ id: UInt64, needs: [ParameterReference] = []) -> WorkUnit {
        WorkUnit(
            id: id, needs: needs, work: .filters(FilterUnit(layer: "conv1", firstFilter: 0, filterCount: 1, threshold: 0.3, labels: 2, positions: 1)))
    }

    private func peer(_ number: UInt8) -> PeerID { PeerID([number]) }

    private func hello(_ name: String, fingerprint: String = "f", incarnation: String = "i") -> Message {
        .hello(Hello(name: name, incarnation: incarnation, host: "h", pid: 1, threads: 1, fingerprint: fingerprint))
    }

    private func join(_ machine: inout CoordinatorMachine, _ numbers: [UInt8], at now: Double = 0) -> [CoordinatorMachine.Action] {
        numbers.flatMap { machine.handle(.received(peer($0), hello("w\($0)", incarnation: "i\($0)")), at: now) }
    }

    private func result(_ id: UInt64) -> Message { .result(UnitResult(unit: id, seconds: 1, figures: ["samples": 25], tensors: [])) }

    /// Who was dealt which unit, in the order of the actions.
    private func dealt(_ actions: [CoordinatorMachine.Action]) -> [String] {
        actions.compactMap { if case .deal(let peer, let unit, _) = $0 { "\(peer.bytes[0]):\(unit.id)" } else { nil } }
    }

    private func completed(_ actions: [CoordinatorMachine.Action]) -> [UInt64] {
        actions.compactMap { if case .completed(let unit, _, _, _) = $0 { unit.id } else { nil } }
    }

    @Test func unitsGoToTheLeastLoaded() {
        var machine = machine()
        _ = join(&machine, [1, 2])
        #expect(dealt(machine.submit((1...6).map { unit($0) })) == ["1:1", "2:2", "1:3", "2:4"])
        #expect(dealt(machine.handle(.received(peer(2), result(2)), at: 1)) == ["2:5"])
    }

    @Test func unitsWaitForTheFirstWorker() {
        var machine = machine()
        #expect(machine.submit([unit(1)]).isEmpty)
        #expect(dealt(join(&machine, [7])) == ["7:1"])
    }

    @Test func unitsOfTheSilentAreDealtAgain() {
        var machine = machine()
        _ = join(&machine, [1, 2])
        _ = machine.submit([unit(1), unit(2)])
        _ = machine.handle(.received(peer(2), .heartbeat(Heartbeat(sequence: 1, unit: 2, lanesBusy: 1, residentBytes: 5, unitsDone: 0))), at: 9)
        #expect(machine.nextDeadline == 10)
        let actions = machine.handle(.tick, at: 10)
        #expect(dealt(actions) == ["2:1"])
        #expect(machine.workers.map(\.name) == ["w2"])
        // The silent one wakes up and answers: it is told to say hello again, and its answer is not counted.
        let late = machine.handle(.received(peer(1), result(1)), at: 11)
        #expect(completed(late).isEmpty)
        guard case .send(_, .refused(let refused))? = late.first else { Issue.record("no refusal"); return }
        #expect(refused.code == .unknownPeer)
        #expect(completed(machine.handle(.received(peer(2), result(1)), at: 12)) == [1])
    }

    @Test func unreachableGoodbyeAndAnEndedProcessActAlike() {
        let events: [CoordinatorMachine.Event] = [
            .unreachable(PeerID([1])), .received(PeerID([1]), .goodbye(Goodbye(reason: "done"))),
            .processEnded(pid: 1, reason: "signal 9"),
        ]
        for event in events {
            var machine = machine()
            _ = join(&machine, [1])
            _ = machine.submit([unit(1)])
            _ = machine.handle(event, at: 1)
            #expect(machine.workers.isEmpty)
            #expect(dealt(join(&machine, [2])) == ["2:1"])
        }
    }

    @Test func aResultCountsOnce() {
        var machine = machine()
        _ = join(&machine, [1])
        _ = machine.submit([unit(1)])
        #expect(completed(machine.handle(.received(peer(1), result(1)), at: 1)) == [1])
        #expect(completed(machine.handle(.received(peer(1), result(1)), at: 1)).isEmpty)
        #expect(machine.openUnitCount == 0)
        #expect(machine.workers[0].samplesDone == 25)
    }

    @Test func aWorkerAnswersOnlyWhatItWasDealt() {
        var machine = machine()
        _ = join(&machine, [1, 2])
        _ = machine.submit([unit(1), unit(2)])
        #expect(completed(machine.handle(.received(peer(2), result(1)), at: 1)).isEmpty)
        #expect(machine.openUnitCount == 2)
    }

    @Test func aUnitThatKeepsFailingStopsTheRun() {
        var machine = machine(attempts: 3)
        _ = join(&machine, [1])
        _ = machine.submit([unit(1)])
        let failure = Message.failure(UnitFailure(unit: 1, what: "boom", retryable: true))
        #expect(dealt(machine.handle(.received(peer(1), failure), at: 1)) == ["1:1"])
        #expect(dealt(machine.handle(.received(peer(1), failure), at: 2)) == ["1:1"])
        let causes = machine.handle(.received(peer(1), failure), at: 3).compactMap { action -> [String]? in
            if case .gaveUp(_, let causes) = action { causes } else { nil }
        }
        #expect(causes == [["w1: boom", "w1: boom", "w1: boom"]])
    }

    @Test func aLateUnitGoesToAnIdleWorkerTooAndTheFirstResultCounts() {
        var machine = machine()
        _ = join(&machine, [1, 2])
        #expect(dealt(machine.submit([unit(1), unit(2)], at: 0)) == ["1:1", "2:2"])
        #expect(dealt(machine.handle(.received(peer(1), result(1)), at: 2)).isEmpty)
        // Four times what the first took.
        #expect(machine.nextDeadline == 8)
        #expect(dealt(machine.handle(.tick, at: 7.9)).isEmpty)
        #expect(dealt(machine.handle(.tick, at: 8)) == ["1:2"])
        #expect(dealt(machine.handle(.tick, at: 9)).isEmpty, "not a third time")
        let actions = machine.handle(.received(peer(1), result(2)), at: 9.5)
        #expect(completed(actions) == [2])
        let cancelled = actions.contains { if case .send(let to, .cancel(let unit)) = $0 { to == peer(2) && unit.unit == 2 } else { false } }
        #expect(cancelled)
        #expect(machine.workers.allSatisfy { $0.unitsInHand.isEmpty })
        #expect(completed(machine.handle(.received(peer(2), result(2)), at: 9.6)).isEmpty)
    }

    /// A worker says with every heartbeat what it has in hand.
    @Test func aUnitThatWasLostOnTheWayIsSentAgain() {
        var machine = machine()
        _ = join(&machine, [1])
        _ = machine.submit([unit(1), unit(2)], at: 0)
        _ = machine.handle(.received(peer(1), result(1)), at: 1)
        func beat(_ unit: UInt64?, at now: Double) -> [String] {
            dealt(machine.handle(.received(peer(1), .heartbeat(Heartbeat(
                sequence: 1, unit: unit, lanesBusy: 0, residentBytes: 0, unitsDone: 1))), at: now))
        }
        #expect(beat(2, at: 5).isEmpty, "it has it")
        #expect(beat(nil, at: 6) == ["1:2"])
        #expect(beat(nil, at: 7).isEmpty, "it may be on its way")
        #expect(beat(nil, at: 14) == ["1:2"])
    }

    @Test func aUnitGoesToAnotherThanTheOneThatFailed() {
        var machine = machine()
        _ = join(&machine, [1, 2])
        _ = machine.submit([unit(1), unit(2), unit(3), unit(4)], at: 0)
        let failure = Message.failure(UnitFailure(unit: 1, what: "boom", retryable: true))
        #expect(dealt(machine.handle(.received(peer(1), failure), at: 0.1)).isEmpty, "the other has no room yet")
        #expect(dealt(machine.handle(.received(peer(2), result(2)), at: 0.2)) == ["2:1"])
    }

    @Test func wantOfWeightsDoesNotCountAgainstAUnit() {
        var machine = machine(attempts: 1)
        _ = join(&machine, [1])
        let reference = ParameterReference(set: "network", version: 4)
        _ = machine.submit([unit(1, needs: [reference])])
        let actions = machine.handle(
            .received(peer(1), .failure(UnitFailure(unit: 1, what: "not here", retryable: true, lacking: true))), at: 1)
        #expect(dealt(actions) == ["1:1"])
        let sent = actions.contains { if case .sendParameters(_, reference) = $0 { true } else { false } }
        #expect(sent)
    }

    /// Three workers died with it: it goes alone, and only to one that has shown that it can work.
    @Test func aSuspectUnitGoesAlone() {
        var machine = machine()
        _ = machine.submit([unit(1), unit(2)])
        for number in 1...3 as ClosedRange<UInt8> {
            #expect(dealt(join(&machine, [number])) == ["\(number):1", "\(number):2"])
            _ = machine.handle(.unreachable(peer(number)), at: 1)
        }
        #expect(dealt(join(&machine, [4])) == ["4:1"])
        #expect(dealt(machine.handle(.received(peer(4), result(1)), at: 2)) == ["4:2"])
        // It dies of the second: that one is guilty, and has been since the first.
        _ = machine.handle(.unreachable(peer(4)), at: 3)
        #expect(dealt(join(&machine, [5])) == ["5:2"])
        let gaveUp = machine.handle(.unreachable(peer(5)), at: 4).compactMap { action -> UInt64? in
            if case .gaveUp(let unit, _) = action { unit.id } else { nil }
        }
        #expect(gaveUp == [2])
    }

    @Test func withdrawnUnitsAreNobodys() {
        var machine = machine()
        _ = machine.handle(.received(peer(1), .hello(Hello(
            name: "w", incarnation: "i", host: "h", pid: 1, threads: 1, fingerprint: "f", samplesAhead: true))), at: 0)
        _ = machine.prepare([(unit(1), 10), (unit(2), 10)])
        #expect(machine.workers[0].unitsAhead == [1, 2])
        let actions = machine.withdraw([1, 2])
        #expect(actions.count == 2)
        #expect(machine.openUnitCount == 0 && machine.workers[0].unitsAhead.isEmpty && machine.workers[0].bytesAhead == 0)
    }

    /// With every welcome a worker forgets the weights that it had.
    @Test func aSecondWelcomeMeansSendingWeightsAgain() {
        var machine = machine()
        let reference = ParameterReference(set: "network", version: 4)
        func parameters(_ actions: [CoordinatorMachine.Action]) -> Int {
            actions.count { if case .sendParameters = $0 { true } else { false } }
        }
        _ = join(&machine, [1])
        #expect(parameters(machine.submit([unit(1, needs: [reference])])) == 1)
        _ = machine.handle(.received(peer(1), result(1)), at: 1)
        _ = join(&machine, [1], at: 2)
        #expect(parameters(machine.submit([unit(2, needs: [reference])])) == 1)
    }

    @Test func parametersGoBeforeTheUnitAndOnce() {
        var machine = machine()
        _ = join(&machine, [1])
        let reference = ParameterReference(set: "network", version: 4)
        let kinds = machine.submit([unit(1, needs: [reference]), unit(2, needs: [reference])]).map { action in
            switch action {
            case .sendParameters(_, let sent): "parameters \(sent.version)"
            case .deal(_, let unit, _): "unit \(unit.id)"
            default: "other"
            }
        }
        #expect(kinds == ["parameters 4", "unit 1", "unit 2"])
    }

    @Test func otherKernelsAreRefused() {
        var machine = machine()
        let actions = machine.handle(.received(peer(1), hello("w", fingerprint: "other")), at: 0)
        #expect(machine.workers.isEmpty)
        guard case .send(_, .refused(let refused))? = actions.first else { Issue.record("no refusal"); return }
        #expect(refused.code == .fingerprint)
        #expect(refused.remedy?.contains("--mixed") == true)
    }

    @Test func otherKernelsAreAdmittedWhereTheRunIsMixed() {
        var machine = CoordinatorMachine(CoordinatorMachine.Settings(
            run: "run", task: "{}", fingerprint: "f", heartbeatSeconds: 1, timeoutSeconds: 10, unitAttempts: 5, admitsOtherKernels: true))
        let actions = machine.handle(.received(peer(1), hello("w", fingerprint: "other")), at: 0)
        guard case .joined(let worker)? = actions.first else { Issue.record("not joined"); return }
        #expect(worker.fingerprint == "other" && machine.workers.map(\.fingerprint) == ["other"])
    }

    /// Strangers and workers alike are told what it was, and stay.
    @Test func whatIsNotUnderstoodIsRefusedByItsKind() {
        var machine = machine()
        _ = join(&machine, [1])
        let errors: [(ProtocolError, RefusalCode, String)] = [
            (.unsupportedVersion(theirs: 0, ours: 1), .version, "your side is too old"),
            (.unsupportedVersion(theirs: 2, ours: 1), .version, "the coordinator is too old"),
            (.unknownKind("novelty"), .unknownKind, "novelty"), (.noFrames, .malformed, "without frames"),
        ]
        for (error, code, words) in errors {
            for sender in [peer(1), peer(9)] {
                let actions = machine.handle(.garbled(sender, error.refusalReason, error.refusalKind), at: 1)
                guard case .send(sender, .refused(let refusal))? = actions.first else { Issue.record("no refusal of \(error)"); continue }
                #expect(refusal.code == code && refusal.reason.contains(words) && refusal.remedy != nil, "\(refusal)")
            }
        }
        #expect(machine.workers.count == 1)
    }

    /// A worker that lost its connection sends again what it was not told of; no record counts twice.
    @Test func logRecordsAreTakenOnceAndAcknowledged() {
        var machine = machine()
        _ = join(&machine, [1])
        /// What was taken of a batch, and the number that was acknowledged.
        func log(_ first: Int, _ texts: String..., from number: UInt8) -> [String] {
            let records = texts.map { LogRecord(time: 0, level: .info, source: "w", message: $0) }
            let actions = machine.handle(.received(peer(number), .log(LogBatch(firstSequence: first, records: records))), at: 1)
            var (taken, acknowledged): ([String], Int?) = ([], nil)
            for action in actions {
                if case .records(let records, _, _) = action { taken += records.map(\.message) }
                if case .send(_, .acknowledgement(let acknowledgement)) = action, acknowledgement.of == .log { acknowledged = acknowledgement.sequence }
            }
            return taken + [acknowledged.map { "up to \($0)" } ?? "no answer"]
        }
        #expect(log(1, "a", "b", from: 1) == ["a", "b", "up to 2"])
        // The same process over another connection, once the first has ended.
        _ = machine.handle(.hungUp(peer(1)), at: 2)
        _ = machine.handle(.received(peer(2), hello("w1", incarnation: "i1")), at: 2)
        #expect(log(1, "a", "b", "c", from: 2) == ["c", "up to 3"])
        #expect(log(2, "b", from: 2) == ["up to 2"])
        #expect(log(4, "d", from: 2) == ["d", "up to 4"])
        // Another process counts anew.
        _ = machine.handle(.received(peer(3), hello("w2", incarnation: "i2")), at: 3)
        #expect(log(1, "a", from: 3) == ["a", "up to 1"])
    }

    @Test func namesAreMadeUnique() {
        var machine = machine()
        for number in 1...3 {
            _ = machine.handle(.received(peer(UInt8(number)), hello("same", incarnation: "i\(number)")), at: 0)
        }
        #expect(machine.workers.map(\.name) == ["same", "same-2", "same-3"])
    }

    @Test func aNewIncarnationGivesBackTheOldOnesWork() {
        var machine = machine()
        _ = join(&machine, [1])
        _ = machine.submit([unit(1)])
        #expect(dealt(machine.handle(.received(peer(1), hello("w1", incarnation: "j")), at: 1)) == ["1:1"])
        #expect(machine.workers.count == 1)
    }

    @Test func theSameProcessOverANewConnectionTakesItsOwnPlace() {
        var machine = machine()
        _ = join(&machine, [1])
        _ = machine.submit([unit(1)])
        // While it lives where it is, somebody else has its incarnation.
        #expect(machine.handle(.received(peer(2), hello("w1", incarnation: "i1")), at: 1).allSatisfy { if case .log = $0 { true } else { false } })
        #expect(machine.workers.map(\.peer) == [peer(1)] && machine.refusals[.impostor] == 1)
        _ = machine.handle(.hungUp(peer(1)), at: 1)
        #expect(dealt(machine.handle(.received(peer(2), hello("w1", incarnation: "i1")), at: 1)) == ["2:1"])
        #expect(machine.workers.map(\.name) == ["w1"])
        // Where nobody saw the connection end, silence for half the timeout tells.
        #expect(dealt(machine.handle(.received(peer(3), hello("w1", incarnation: "i1")), at: 6)) == ["3:1"])
        #expect(machine.workers.map(\.peer) == [peer(3)])
    }

    @Test func whoHungUpGivesBackItsWorkAtOnce() {
        var machine = machine()
        _ = join(&machine, [1, 2])
        #expect(dealt(machine.submit([unit(1), unit(2)])) == ["1:1", "2:2"])
        let actions = machine.handle(.hungUp(peer(1)), at: 0.5)
        #expect(dealt(actions) == ["2:1"])
        #expect(actions.contains { if case .left(let worker, _, _) = $0 { worker.peer == peer(1) } else { false } })
        #expect(machine.workers.map(\.peer) == [peer(2)])
        // Its goodbye may have come first, and libzmq may say it twice.
        #expect(machine.handle(.hungUp(peer(1)), at: 0.6).isEmpty)
    }

    @Test func whoComesAfterTheEndIsTold() {
        var machine = machine()
        _ = machine.finish(RunEnd(outcome: .finished, message: ""))
        guard case .send(_, .ended)? = machine.handle(.received(peer(1), hello("w")), at: 0).first else {
            Issue.record("not told")
            return
        }
        #expect(machine.workers.isEmpty)
    }

    @Test func strangersGetNothingButARefusal() {
        var machine = machine()
        for message in [result(1), .heartbeat(Heartbeat(sequence: 1, unit: nil, lanesBusy: 0, residentBytes: 0, unitsDone: 0))] {
            let sent = machine.handle(.received(peer(9), message), at: 0).compactMap { if case .send(_, let sent) = $0 { sent } else { nil } }
            #expect(sent.count == 1)
            guard case .refused? = sent.first else { Issue.record("no refusal"); return }
        }
        #expect(machine.refusals[.unknownPeer] == 2)
    }

    /// A coordinator that came back at its address hears what was meant for the one before.
    @Test func messagesOfAnotherRunAreSentBackUntilHello() {
        var machine = machine()
        guard case .send(_, .refused(let refusal))? = machine.handle(.ofAnotherRun(peer(1)), at: 0).first else {
            Issue.record("not told")
            return
        }
        #expect(refusal.code == .wrongRun)
        _ = join(&machine, [1])
        #expect(machine.handle(.ofAnotherRun(peer(1)), at: 1).isEmpty)
        #expect(machine.workers.map(\.name) == ["w1"])
    }

    @Test func aStrangersNoiseDoesNotFillTheLog() {
        var machine = machine()
        let actions = (0..<100).flatMap { machine.handle(.garbled(peer(UInt8($0 % 7)), "noise"), at: Double($0)) }
        let counts = actions.compactMap { if case .log(_, _, _, let fields) = $0 { fields["count"] } else { nil } }
        #expect(counts == ["1", "10", "100"])
        #expect(machine.refusals.counts == ["malformed": 100])
    }
}
