import Foundation

/// What `bench logs` finds.
struct LogBenchResult: Encodable {
    let workers: Int
    /// Records a second that were to be written, and for how long.
    let rate: Int
    let seconds: Int
    let follower: String
    /// Records that the workers wrote, that stand in the journal, that were lost, and lines that the follower wrote (a few more: what
    /// coordinator and workers say of themselves).
    let written: Int
    let stored: Int
    let lost: Int
    let followed: Int
    let storedPerSecond: Double
    let followedPerSecond: Double
    /// From the beginning of writing until all was in the journal, and in the follower's file.
    let secondsUntilStored: Double
    let secondsUntilFollowed: Double
    /// Age of the newest line of the follower, ten times a second while workers write.
    let medianLagSeconds: Double
    let largestLagSeconds: Double
    let coordinatorProcessorSeconds: Double
    let followerProcessorSeconds: Double
    let workerProcessorSeconds: Double
    let coordinatorPeakBytes: Int
    let followerPeakBytes: Int
    let workerPeakBytes: [Int]

    private enum CodingKeys: String, CodingKey {
        case workers, rate, seconds, follower, written, stored, lost, followed
        case storedPerSecond = "stored_per_second"
        case followedPerSecond = "followed_per_second"
        case secondsUntilStored = "seconds_until_stored"
        case secondsUntilFollowed = "seconds_until_followed"
        case medianLagSeconds = "median_lag_seconds"
        case largestLagSeconds = "largest_lag_seconds"
        case coordinatorProcessorSeconds = "coordinator_processor_seconds"
        case followerProcessorSeconds = "follower_processor_seconds"
        case workerProcessorSeconds = "worker_processor_seconds"
        case coordinatorPeakBytes = "coordinator_peak_bytes"
        case followerPeakBytes = "follower_peak_bytes"
        case workerPeakBytes = "worker_peak_bytes"
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    var text: String {
        func rate(_ value: Double) -> String { String(Int(value.rounded())) }
        let each = 1e6 / Double(max(1, stored))
        return """
            logs: \(rate(storedPerSecond)) records/s kept, \(rate(followedPerSecond)) followed, of \(self.rate) written by \(workers) workers for \(seconds) s
            \(written) written, \(stored) kept, \(lost) lost; all kept after \(BenchText.factor(secondsUntilStored)) s, all followed after \
            \(BenchText.factor(secondsUntilFollowed)) s (\(followed) lines, from the \(follower))
            follower's lag: median \(BenchText.factor(medianLagSeconds)) s, largest \(BenchText.factor(largestLagSeconds)) s
            processor time of a record: workers \(BenchText.factor(workerProcessorSeconds * each)) µs, coordinator \
            \(BenchText.factor(coordinatorProcessorSeconds * each)) µs, follower \(BenchText.factor(followerProcessorSeconds * each)) µs
            peak memory: coordinator \(BenchText.mebibytes(coordinatorPeakBytes)), follower \(BenchText.mebibytes(followerPeakBytes)), workers \
            \(workerPeakBytes.map(BenchText.mebibytes).joined(separator: ", "))

            """
    }
}
