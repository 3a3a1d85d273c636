import Coordination
import Diagnostics
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

    @Test func onlyWhatIsTakenIsASignOfLife() {
        var machine = machine()
        join(&machine, 1)
        for second in 1...9 {
            _ = machine.handle(.received(peer(1), result(99)), at: Double(second))
            _ = machine.handle(.garbled(peer(1), "noise"), at: Double(second))
        }
        _ = machine.handle(.tick, at: 10)
        #expect(machine.workers.isEmpty)
    }

    @Test func questionsAreRationed() {
        var machine = machine()
        func answered(_ peers: [UInt8], _ message: Message, times: Int, at now: Double) -> Int {
            (0..<times).reduce(0) { count, _ in
                count + peers.reduce(0) { count, number in
                    count + machine.handle(.received(peer(number), message), at: now).count {
                        switch $0 {
                        case .statusRequested, .logsRequested: true
                        default: false
                        }
                    }
                }
            }
        }
        #expect(answered([1], .statusRequest(StatusRequest()), times: 1000, at: 0) == 400)
        #expect(answered([2], .statusRequest(StatusRequest()), times: 10, at: 0) == 10, "one who asks without end takes nothing from others")
        #expect(answered([1], .statusRequest(StatusRequest()), times: 1000, at: 1) == 100)
        #expect(answered([3], .logsRequest(LogsRequest(grep: "%")), times: 1000, at: 1) == 20)
        #expect(answered(Array(10..<200), .statusRequest(StatusRequest()), times: 400, at: 2) <= 2000, "nor do many")
        #expect(machine.refusals[.flood] > 0)
    }

    @Test func workersWordsAreBounded() throws {
        var machine = machine()
        join(&machine, 1)
        let record = LogRecord(
            time: 1, level: .error, source: "coordinator", message: String(repeating: "ü", count: 60_000),
            fields: Dictionary(uniqueKeysWithValues: (0..<100).map { ("key\($0)", String(repeating: "v", count: 60_000)) }))
        var kept = 0
        for batch in 0..<20 {
            for case .records(let records, let worker, _) in machine.handle(.received(peer(1), .log(LogBatch(
                firstSequence: 1 + 1000 * batch, records: Array(repeating: record, count: 1000)))), at: 1)
            {
                let records = records.filter { $0.message != "log records lost" }
                #expect(worker.name == "w1" && records.allSatisfy { $0.source == "w1" && $0.message.utf8.count <= 4100 && $0.fields.count == 32 })
                kept += records.count
                #expect(records.allSatisfy { $0.fields.values.allSatisfy { $0.utf8.count <= 2052 } })
            }
        }
        // Each costs as much as 138 short ones; 5,000 at once, and as much again as an honest worker may have under way.
        #expect(kept == 30_000 / 138 && machine.refusals[.flood] == 20_000 - kept)
        var beats = 0
        for sequence in 1...3000 {
            let beat = Heartbeat(sequence: sequence, unit: nil, lanesBusy: 0, residentBytes: 0, unitsDone: 0)
            for case .send in machine.handle(.received(peer(1), .heartbeat(beat)), at: 1) { beats += 1 }
        }
        #expect(beats == 1000)
        for case .left(_, let reason, _) in machine.handle(.received(peer(1), .goodbye(Goodbye(reason: String(repeating: "x", count: 60_000)))), at: 1) {
            #expect(reason.count <= 301)
        }
    }

    @Test func hellosWithoutEndStop() {
        var machine = machine()
        var joined = 0
        for number in 0..<2000 {
            let hello = Hello(name: "w", incarnation: "i\(number)", host: "h", pid: 1, threads: 1, fingerprint: "f")
            for case .joined in machine.handle(.received(peer(1), .hello(hello)), at: 1) { joined += 1 }
        }
        #expect(joined == 256)
        #expect(machine.workers.count == 1 && machine.refusals[.flood] == 2000 - 256)
    }

    @Test func thereIsRoomForSoManyWorkers() {
        var machine = machine()
        for number in 0..<600 {
            let hello = Hello(name: "w\(number)", incarnation: "i\(number)", host: "h", pid: 1, threads: 1, fingerprint: "f")
            _ = machine.handle(.received(PeerID([UInt8(number >> 8), UInt8(number & 255)]), .hello(hello)), at: Double(number))
        }
        #expect(machine.workers.count == 512 && machine.refusals[.full] == 88)
    }
}
