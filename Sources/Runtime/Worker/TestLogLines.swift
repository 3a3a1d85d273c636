import Diagnostics
import Foundation
import Synchronization

/// For measurements alone: a worker that writes log records without end. `FILTERSCOPE_TEST_LOG_LINES=RATE`, `RATE:SECONDS` or
/// `RATE:SECONDS:LEVEL`; debug records unless a level is given.
enum TestLogLines {
    private static let isStarted = Atomic<Bool>(false)

    /// Begins once in a process, when the worker has joined.
    static func start(_ logger: Logger) {
        let parts = ProcessInfo.processInfo.environment["FILTERSCOPE_TEST_LOG_LINES"]?.split(separator: ":").map(String.init) ?? []
        guard let rate = parts.first.flatMap(Double.init), rate > 0, !isStarted.exchange(true, ordering: .relaxed) else { return }
        let seconds = parts.count > 1 ? Double(parts[1]) ?? .infinity : .infinity
        let level = parts.count > 2 ? LogLevel(name: parts[2]) ?? .debug : .debug
        let thread = Thread {
            let start = ContinuousClock.now
            var written = 0
            while true {
                let elapsed = start.duration(to: .now) / .seconds(1)
                let due = Int(min(elapsed, seconds) * rate)
                while written < due {
                    written += 1
                    logger.log(level, "sample line of a busy worker", unit: UInt64(written / 100), [
                        "line": String(written), "layer": "conv7", "loss": "0.41253",
                    ])
                }
                if elapsed >= seconds { return }
                Thread.sleep(forTimeInterval: 0.005)
            }
        }
        thread.name = "test-log"
        thread.start()
    }
}
