import Coordination
import Diagnostics
import Messages
import Testing

@Suite struct ClockOffsetTests {
    private func beat(_ sequence: Int, clock: Double?, answered: AnsweredHeartbeat? = nil) -> Heartbeat {
        Heartbeat(sequence: sequence, lanesBusy: 0, residentBytes: 0, unitsDone: 0, clock: clock, answered: answered)
    }

    private func offset(_ clock: ClockOffset, at time: Double) throws -> Double { try #require(clock.measurement(at: time)).offset }

    /// One heartbeat there and back: the worker's clock lags the coordinator's by `offset`, the ways take so long.
    private func exchange(_ clock: inout ClockOffset, _ sequence: Int, at time: Double, offset: Double, there: Double, back: Double) {
        clock.answer(beat(sequence, clock: time - offset), at: time + there)
        let answered = AnsweredHeartbeat(sequence: sequence, sent: time - offset, received: time + there + back - offset)
        clock.answer(beat(sequence + 1, clock: time + 1 - offset, answered: answered), at: time + 1 + there)
    }

    @Test func theSmallestRoundTripWins() throws {
        var clock = ClockOffset()
        #expect(clock.measurement(at: 0) == nil)
        exchange(&clock, 1, at: 100, offset: 7200, there: 0.5, back: 0.1)
        let first = try #require(clock.measurement(at: 101.5))
        #expect(abs(first.offset - 7200.2) < 1e-6 && abs(first.uncertainty - 0.3) < 1e-6, "half the asymmetry, within half the trip")
        exchange(&clock, 3, at: 110, offset: 7200, there: 0.001, back: 0.003)
        let better = try #require(clock.measurement(at: 111.001))
        #expect(abs(better.offset - 7199.999) < 1e-6 && abs(better.uncertainty - 0.002) < 1e-6)
        exchange(&clock, 5, at: 120, offset: 7200, there: 0.4, back: 0.1)
        #expect(clock.measurement(at: 120)?.offset == better.offset, "a longer trip tells nothing new")
        // What was known grows less certain by itself: clocks drift.
        let later = try #require(clock.measurement(at: 111.001 + 3600))
        #expect(abs(later.uncertainty - 0.362) < 1e-6 && later.offset == better.offset)
        exchange(&clock, 7, at: 3700, offset: 7200.1, there: 0.2, back: 0.2)
        #expect(try abs(offset(clock, at: 3701.2) - 7200.1) < 1e-6, "so a fresh trip of 0.4 s is better than an old one of 4 ms")
    }

    @Test func aClockThatWasSetIsNoticedAtOnce() throws {
        var clock = ClockOffset()
        exchange(&clock, 1, at: 100, offset: 3, there: 0.001, back: 0.001)
        exchange(&clock, 3, at: 110, offset: -3600, there: 0.05, back: 0.05)
        #expect(try abs(offset(clock, at: 111) + 3600) < 0.051)
        // Set while a heartbeat was under way: the answer seems to come before the question.
        clock.answer(beat(5, clock: 1000), at: 120)
        clock.answer(beat(6, clock: 20, answered: AnsweredHeartbeat(sequence: 5, sent: 1000, received: 19)), at: 121)
        #expect(try abs(offset(clock, at: 121) + 3600) < 0.051)
    }

    @Test func whatMakesNoSenseIsPassedOver() {
        var clock = ClockOffset()
        for sequence in 1...100 { clock.answer(beat(sequence, clock: nil), at: Double(sequence)) }
        clock.answer(beat(101, clock: 5, answered: AnsweredHeartbeat(sequence: 7, sent: 1, received: 2)), at: 101)
        clock.answer(beat(102, clock: 6, answered: AnsweredHeartbeat(sequence: 101, sent: 5, received: 500)), at: 102)
        #expect(clock.measurement(at: 102) == nil, "no readings, a heartbeat that nobody remembers, a trip of minutes")
    }

    // MARK: In the machines

    private func joined(clock: Double?) -> CoordinatorMachine {
        var machine = CoordinatorMachine(CoordinatorMachine.Settings(
            run: "r", task: "t", fingerprint: "f", heartbeatSeconds: 1, timeoutSeconds: 10, unitAttempts: 3))
        machine.wallClock = 1_700_000_000
        _ = machine.handle(.received(peer(1), .hello(Hello(
            name: "w", incarnation: "i", host: "h", pid: 1, threads: 1, fingerprint: "f", clock: clock))), at: 10)
        return machine
    }

    private func peer(_ number: UInt8) -> PeerID { PeerID([number]) }

    private func taken(_ machine: inout CoordinatorMachine, _ number: Int, time: Double, at now: Double) -> LogRecord? {
        let record = LogRecord(time: time, level: .info, source: "w", message: "m", writtenTime: 42)
        for case .records(let records, _, _) in machine.handle(.received(peer(1), .log(LogBatch(firstSequence: number, records: [record]))), at: now) {
            return records.first
        }
        return nil
    }

    @Test func recordsArePutOnTheCoordinatorsClock() throws {
        // Two hours behind; before the first round trip its hello alone tells.
        var machine = joined(clock: 1_700_000_010 - 7200.25)
        let early = try #require(taken(&machine, 1, time: 1_700_000_010 - 7200, at: 10.5))
        #expect(abs(early.time - 1_700_000_010.25) < 1e-5 && early.writtenTime == 1_700_000_010 - 7200)
        _ = machine.handle(.received(peer(1), .heartbeat(beat(1, clock: 1_700_000_011 - 7200))), at: 11.001)
        let answered = AnsweredHeartbeat(sequence: 1, sent: 1_700_000_011 - 7200, received: 1_700_000_011.002 - 7200)
        _ = machine.handle(.received(peer(1), .heartbeat(beat(2, clock: 1_700_000_012 - 7200, answered: answered))), at: 12.001)
        let record = try #require(taken(&machine, 2, time: 1_700_000_012 - 7200, at: 12.5))
        #expect(abs(record.time - 1_700_000_012) < 1e-5 && record.writtenTime == 1_700_000_012 - 7200)
        #expect(try abs(offset(machine.workers[0].clock, at: 1_700_000_012.5) - 7200) < 1e-5)
    }

    @Test func timesStayWhereClocksAgreeOrNothingIsKnown() throws {
        var silent = joined(clock: nil)
        #expect(taken(&silent, 1, time: 5, at: 11)?.time == 5)
        #expect(taken(&silent, 2, time: 5, at: 11)?.writtenTime == nil, "a worker does not say what its own time was")
        var slow = joined(clock: 1_700_000_010 - 1.5)
        #expect(taken(&slow, 1, time: 1_700_000_008, at: 11)?.time == 1_700_000_008, "the hello may have been under way for that long")
    }

    /// The worker's machine sends a heartbeat with its welcome and another with the first answer: the offset is known within one trip.
    @Test func workersSayWhenTheyAreAnswered() throws {
        var worker = WorkerMachine(
            WorkerMachine.Settings(name: "w", host: "h", pid: 1, threads: 1, fingerprint: "f", endpoint: "e", giveUpSeconds: 60),
            incarnation: "i", at: 0)
        worker.wallClock = 1000
        guard case .send(.hello(let hello))? = worker.handle(.connected, at: 1).first else { return #expect(Bool(false), "no hello") }
        #expect(hello.clock == 1001)
        _ = worker.handle(.received(.welcome(Welcome(run: "r", name: "w", heartbeatSeconds: 5, timeoutSeconds: 50, task: ""))), at: 2)
        func beat(at now: Double) -> Heartbeat? {
            for case .send(.heartbeat(let heartbeat)) in worker.handle(.tick, at: now) { return heartbeat }
            return nil
        }
        let first = try #require(beat(at: 2.5))
        #expect(first.clock == 1002.5 && first.answered == nil && beat(at: 3) == nil)
        _ = worker.handle(.received(.acknowledgement(Acknowledgement(of: .heartbeat, sequence: first.sequence))), at: 3)
        let second = try #require(beat(at: 3.25))
        #expect(second.answered == AnsweredHeartbeat(sequence: 1, sent: 1002.5, received: 1003))
        #expect(beat(at: 8) == nil && beat(at: 8.25) != nil, "then in its own rhythm")
        worker.wallClock = nil
        let last = try #require(beat(at: 14))
        #expect(last.clock == nil)
    }
}
