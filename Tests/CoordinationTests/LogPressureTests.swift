import Coordination
import Diagnostics
import Messages
import Testing

/// A worker that writes more than it may waits; nothing is lost as long as it has room, and what is lost is marked.
@Suite struct LogPressureTests {
    private let peer = PeerID([1])

    private func machine(perSecond: Double, taken: [String: Int] = [:]) -> CoordinatorMachine {
        var machine = CoordinatorMachine(CoordinatorMachine.Settings(
            run: "r", task: "t", fingerprint: "f", heartbeatSeconds: 1, timeoutSeconds: 10, unitAttempts: 3,
            logs: LogAllowance(perSecond: perSecond), takenLogs: taken))
        _ = machine.handle(.received(peer, .hello(Hello(name: "w", incarnation: "i", host: "h", pid: 1, threads: 1, fingerprint: "f"))), at: 0)
        return machine
    }

    private func record(_ number: Int) -> LogRecord { LogRecord(time: Double(number), level: .info, source: "w", message: "\(number)") }

    private func kept(_ actions: [CoordinatorMachine.Action]) -> [LogRecord] {
        actions.flatMap { action -> [LogRecord] in
            if case .records(let records, _, _) = action { records } else { [] }
        }
    }

    private func acknowledged(_ actions: [CoordinatorMachine.Action]) -> Int? {
        actions.compactMap { action -> Int? in
            if case .send(_, .acknowledgement(let word)) = action, word.of == .log { word.sequence } else { nil }
        }.last
    }

    @Test func acknowledgementsWaitUntilWhatWasTakenIsPaidFor() throws {
        var machine = machine(perSecond: 1000)
        var backlog = LogBacklog()
        backlog.add((1...20_000).map(record))
        var stored: [String] = []
        var time = 0.0
        // Ten milliseconds at a time, as long as it takes.
        while stored.count < 20_000, time < 60 {
            while let batch = backlog.nextBatch() {
                let actions = machine.handle(.received(peer, .log(batch)), at: time)
                stored += kept(actions).map(\.message)
                if let number = acknowledged(actions) { backlog.taken(upTo: number) }
            }
            #expect(Double(stored.count) <= 250 + 10_000 + 1000 * time + 1, "no more than allowed, and what may be under way")
            let next = try #require(machine.nextDeadline)
            #expect(stored.count >= 20_000 || next < time + 10, "it knows when it has to answer")
            time += 0.01
            if let number = acknowledged(machine.handle(.tick, at: time)) { backlog.taken(upTo: number) }
            // Others would be thrown out as silent: it writes all the time.
        }
        #expect(stored == (1...20_000).map(String.init) && machine.refusals[.flood] == 0)
        #expect(time > 9, "at its own pace: \(time) s")
    }

    @Test func lostRecordsLeaveAMark() {
        var machine = machine(perSecond: 20_000)
        #expect(kept(machine.handle(.received(peer, .log(LogBatch(firstSequence: 1, records: [record(1)]))), at: 1)).map(\.message) == ["1"])
        let after = kept(machine.handle(.received(peer, .log(LogBatch(firstSequence: 8, records: [record(8)], dropped: 6))), at: 2))
        #expect(after.map(\.message) == ["log records lost", "8"])
        #expect(after.first?.fields["log.lost"] == "6" && after.first?.source == "w" && after.first?.level == .warning && after.first?.time == 8)
        // The same count again is no new loss.
        #expect(kept(machine.handle(.received(peer, .log(LogBatch(firstSequence: 9, records: [record(9)], dropped: 6))), at: 3)).map(\.message) == ["9"])
    }

    /// A coordinator that goes on with a run knows what the one before has kept.
    @Test func whatAnEarlierCoordinatorKeptIsNotTakenAgain() {
        var machine = machine(perSecond: 20_000, taken: ["i": 5])
        let actions = machine.handle(.received(peer, .log(LogBatch(firstSequence: 4, records: (4...7).map(record)))), at: 1)
        #expect(kept(actions).map(\.message) == ["6", "7"] && acknowledged(actions) == 7)
    }

    @Test func whatIsFarBeyondIsThrownAwayAndMarked() {
        var machine = machine(perSecond: 1000)
        var all: [LogRecord] = []
        for batch in 0..<40 {
            all += kept(machine.handle(.received(peer, .log(LogBatch(firstSequence: 1 + 1000 * batch, records: (1...1000).map(record)))), at: 1))
        }
        let marks = all.filter { $0.message == "log records lost" }
        let lost = marks.reduce(0) { $0 + (Int($1.fields["log.lost"] ?? "") ?? 0) }
        #expect(all.count - marks.count == 25_250 && lost == 40_000 - 25_250 && machine.refusals[.flood] == lost)
    }
}
