/// Medians of repeated calls.
enum Timing {
    /// Seconds of one call of each body: the medians over `runs` rounds. Each round goes through all bodies, so that a disturbance
    /// meets them alike, and calls each as often as takes `slice` seconds; one call before all warms up.
    static func medians(runs: Int, slice: Double = 0.05, _ bodies: [() -> Void]) -> [Double] {
        let clock = ContinuousClock()
        let calls = bodies.map { body in
            body()
            return max(1, Int(slice / max(clock.measure(body).seconds, 1e-7)))
        }
        var seconds = bodies.map { _ in [Double]() }
        for _ in 0..<max(runs, 1) {
            for (index, body) in bodies.enumerated() {
                let time = clock.measure { for _ in 0..<calls[index] { body() } }
                seconds[index].append(time.seconds / Double(calls[index]))
            }
        }
        return seconds.map(median)
    }

    static func seconds(runs: Int, slice: Double = 0.05, _ body: @escaping () -> Void) -> Double {
        medians(runs: runs, slice: slice, [body])[0]
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// The middle value; the mean of the two middle ones where their number is even.
/// - Precondition: not empty.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
