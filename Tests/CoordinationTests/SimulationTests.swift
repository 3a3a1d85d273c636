import Simulation
import Testing

/// Schedules of faults over the real machines, by seed. `Scripts/simulate` runs many more, and replays one.
@Suite struct SimulationTests {
    /// In parts, so that they run side by side.
    @Test(arguments: 0..<8) func drawnSchedulesEndWithTheUndisturbedBits(part: Int) {
        let count: UInt64 = 250
        for seed in UInt64(part) * count..<UInt64(part + 1) * count {
            let outcome = Simulation.run(.drawn(seed))
            if let violation = outcome.violation { Issue.record("Scripts/simulate --replay \(seed): \(violation)") }
        }
    }

    /// Two workers, four shards: every fault at every message.
    @Test(arguments: 0..<Exploration.cases.count) func everySingleFaultIsSurvived(number: Int) {
        let (runs, violations) = Exploration.explore(Exploration.cases[number])
        #expect(runs > 200)
        #expect(violations.isEmpty, "\(violations.prefix(5))")
    }

    @Test func aSeedGivesTheSameCourseOfEvents() {
        var courses: [[String]] = [[], []]
        for index in 0..<2 { _ = Simulation.run(.drawn(77)) { courses[index].append($0) } }
        #expect(!courses[0].isEmpty)
        #expect(courses[0] == courses[1])
    }

    /// A unit that kills whoever computes it: the run pauses over that very unit and no other, then goes on.
    @Test(arguments: [1, 2, 3, 8]) func aPoisonousUnitPausesTheRun(workers: Int) {
        for seed in 0..<20 as Range<UInt64> {
            var schedule = Schedule(seed: seed)
            schedule.workers = workers
            schedule.threads = Array(repeating: 1, count: workers)
            schedule.shards = 8
            schedule.unitsPerWorker = 2
            schedule.trouble = Schedule.UnitTrouble(step: 1, shard: 5, kind: .poison)
            let outcome = Simulation.run(schedule)
            #expect(outcome.violation == nil, "seed \(seed)")
            #expect(outcome.pauses == 1, "seed \(seed)")
        }
    }

    /// One worker of four dies again and again, whatever it has in hand: no unit is blamed for it.
    @Test func aWorkerThatKeepsDyingExhaustsNobodysUnits() {
        for seed in 0..<50 as Range<UInt64> {
            var schedule = Schedule(seed: seed)
            schedule.workers = 4
            schedule.threads = [1, 1, 1, 1]
            schedule.shards = 8
            schedule.steps = 6
            schedule.shardSeconds = 2
            schedule.quietFrom = 60
            for number in 0..<60 { schedule.faults.append((1 + Double(number) * 0.9, .kill(slot: 0, restartAfter: 0.2))) }
            let outcome = Simulation.run(schedule)
            #expect(outcome.violation == nil, "seed \(seed)")
            #expect(outcome.pauses == 0, "seed \(seed)")
        }
    }

    /// One of four is ten times as slow: copies of its late units, and dealing by speed, keep it from holding up the others.
    @Test func aSlowWorkerCostsLittle() {
        func seconds(_ change: (inout Schedule) -> Void) -> Double {
            var schedule = Schedule(seed: 3)
            schedule.workers = 4
            schedule.threads = [1, 1, 1, 1]
            schedule.shards = 8
            schedule.steps = 8
            schedule.shardSeconds = 1
            schedule.quietFrom = 1000
            change(&schedule)
            return Simulation.run(schedule).seconds
        }
        let undisturbed = seconds { _ in }
        let slow = seconds { $0.faults = [(0.5, .slow(slot: 2, factor: 10, seconds: 900))] }
        #expect(slow > undisturbed)
        #expect(slow < 2.5 * undisturbed, "\(slow) s, undisturbed \(undisturbed) s")
    }

    @Test func aWorkerThatFlipsABitIsFoundByTheAudit() {
        for seed in 0..<30 as Range<UInt64> {
            var schedule = Schedule(seed: seed)
            schedule.workers = 4
            schedule.threads = [1, 2, 1, 1]
            schedule.auditShare = 1
            schedule.flippingSlot = Int(seed % 4)
            let outcome = Simulation.run(schedule)
            #expect(outcome.violation == nil, "seed \(seed)")
            #expect(outcome.lapsedAudits == 0 && outcome.pauses == 0, "seed \(seed)")
        }
    }
}
