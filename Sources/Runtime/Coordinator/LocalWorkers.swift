import Diagnostics
import Foundation

/// The worker processes of a local run: started together, started again when they die, gone when the run is over.
final class LocalWorkers {
    private struct Slot {
        let name: String
        var process: Process?
        var restarts = 0
        /// It left as it was told to, and is not started again.
        var isDismissed = false
    }

    /// A worker that keeps dying is let go after this many restarts, so that a broken machine does not spin.
    static let restartLimit = 3

    private let endpoint: String
    private let threads: Int
    private let directory: String
    private let logger: Logger
    /// Bytes of one worker's standard error that are kept, and as many of what was before.
    private let errorBytes: Int
    private var lastRotation = ContinuousClock.now
    private var slots: [Slot] = []

    /// - Parameters:
    ///   - directory: where each worker's standard error is kept, in `<name>.stderr`.
    ///   - errorBytes: how long such a file may grow before it begins anew; the one before is kept as `<name>.stderr.1`.
    init(endpoint: String, threads: Int, directory: String, errorBytes: Int = 16 << 20, logger: Logger) {
        self.errorBytes = errorBytes
        self.endpoint = endpoint
        self.threads = threads
        self.directory = directory
        self.logger = logger
    }

    func start(count: Int) throws(Problem) {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw Problem("cannot be made: \(error.localizedDescription)", at: directory)
        }
        for number in 1...max(count, 1) {
            var slot = Slot(name: "worker-\(number)")
            slot.process = try launch(slot.name)
            slots.append(slot)
        }
    }

    /// Looks after the processes: one that ended by itself is started again, up to the limit.
    /// - Parameter ended: told of each process that ended, so that its work is dealt again at once.
    /// - Throws: when no worker is left.
    func supervise(_ ended: (_ pid: Int, _ reason: String) throws -> Void) throws {
        if lastRotation.duration(to: .now) > .seconds(1) {
            lastRotation = .now
            for slot in slots { errorFile(slot.name).rotateIfLarge() }
        }
        for index in slots.indices {
            guard let process = slots[index].process, !process.isRunning else { continue }
            let how = process.terminationReason == .uncaughtSignal ? "signal \(process.terminationStatus)" : "exit code \(process.terminationStatus)"
            let fields = ["worker.name": slots[index].name, "cause": how, "pid": String(process.processIdentifier)]
            slots[index].process = nil
            try ended(Int(process.processIdentifier), "its process ended with \(how)")
            if process.terminationReason == .exit, process.terminationStatus == 0 {
                // It left because it was told to: drained by an operator.
                slots[index].isDismissed = true
                logger.info("worker process has left", fields)
            } else if slots[index].restarts < Self.restartLimit {
                slots[index].restarts += 1
                logger.warning("worker process ended; starting it again", fields)
                slots[index].process = try launch(slots[index].name)
            } else {
                logger.error("worker process ended too often and is let go", fields)
            }
        }
        if slots.allSatisfy({ $0.process == nil }), slots.contains(where: { !$0.isDismissed }) {
            throw Problem(
                "every worker process ended \(Self.restartLimit + 1) times", at: directory,
                remedy: "their last words are in \(directory)/*.stderr")
        }
    }

    /// Waits for the processes to leave by themselves, which they do when told that the run is over; then ends them.
    func stop(within seconds: Double) {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while slots.contains(where: { $0.process?.isRunning == true }), ContinuousClock.now < deadline {
            Thread.sleep(forTimeInterval: 0.02)
        }
        for slot in slots {
            guard let process = slot.process, process.isRunning else { continue }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        slots = []
    }

    private func errorFile(_ name: String) -> ErrorFile { ErrorFile(path: "\(directory)/\(name).stderr", limit: errorBytes) }

    private func launch(_ name: String) throws(Problem) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "worker", "--connect", endpoint, "--threads", String(threads), "--name", name, "--give-up", "20", "--supervised",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        if let handle = errorFile(name).opened() { process.standardError = handle }
        do {
            try process.run()
        } catch {
            throw Problem("worker process cannot be started: \(error.localizedDescription)", at: process.executableURL?.path)
        }
        logger.info("worker process started", ["worker.name": name, "pid": String(process.processIdentifier)])
        return process
    }
}
