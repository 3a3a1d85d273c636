/// Every single fault at every message of a small run: two workers, four shards.
public enum Exploration {
    /// Small runs that differ in how work travels.
    public static var cases: [Schedule] {
        [(true, Set<Int>(), 1), (true, [0, 1], 1), (false, [0], 2)].map { ahead, neighbours, unitsPerWorker in
            var schedule = Schedule(seed: 7)
            schedule.steps = 2
            schedule.sendsAhead = ahead
            schedule.neighbours = neighbours
            schedule.unitsPerWorker = unitsPerWorker
            schedule.hasFixedSet = true
            schedule.checkpointEvery = 1
            schedule.quietFrom = 20
            return schedule
        }
    }

    /// - Returns: how many runs there were, and what went wrong in which.
    public static func explore(_ schedule: Schedule) -> (runs: Int, violations: [String]) {
        var runs = 0
        var violations: [String] = []
        let undisturbed = Simulation.run(schedule)
        if let violation = undisturbed.violation { violations.append("undisturbed: \(violation)") }
        for fault in Schedule.PointFault.allCases {
            // A fault makes a run longer, so later messages are met as well.
            for message in 1...(undisturbed.messages + 10) {
                var schedule = schedule
                schedule.point = (message, fault)
                runs += 1
                if let violation = Simulation.run(schedule).violation { violations.append("\(fault) at message \(message): \(violation)") }
            }
        }
        return (runs, violations)
    }
}
