import Foundation
import Simulation

// Simulated schedules of faults: many at a time, or one with all that happens in it.

func number(_ name: String) -> UInt64? {
    let arguments = CommandLine.arguments
    guard let place = arguments.firstIndex(of: name), place + 1 < arguments.count else { return nil }
    return UInt64(arguments[place + 1])
}

if let seed = number("--replay") {
    let schedule = Schedule.drawn(seed)
    print(schedule)
    let outcome = Simulation.run(schedule) { print($0) }
    print(outcome.violation ?? "clean: \(outcome.seconds) simulated seconds, \(outcome.messages) messages, \(outcome.pauses) pauses")
    exit(outcome.violation == nil ? 0 : 1)
}

if CommandLine.arguments.contains("--explore") {
    var failed = false
    for (index, schedule) in Exploration.cases.enumerated() {
        let (runs, violations) = Exploration.explore(schedule)
        print("case \(index): \(runs) runs, \(violations.count) violations")
        for violation in violations.prefix(20) { print("  \(violation)") }
        failed = failed || !violations.isEmpty
    }
    exit(failed ? 1 : 0)
}

let count = number("--schedules") ?? 1000
let first = number("--seed") ?? 1
let start = ContinuousClock.now
var (messages, seconds, pauses, violations) = (0, 0.0, 0, 0)
for seed in first..<(first + count) {
    let outcome = Simulation.run(.drawn(seed))
    messages += outcome.messages
    seconds += outcome.seconds
    pauses += outcome.pauses
    if let violation = outcome.violation {
        violations += 1
        print("seed \(seed): \(violation)")
        if violations >= 50 { break }
    }
}
print("\(count) schedules from seed \(first): \(violations) violations, \(pauses) pauses, \(messages) messages, \(Int(seconds)) simulated seconds in \(start.duration(to: .now))")
exit(violations == 0 ? 0 : 1)
