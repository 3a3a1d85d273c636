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
    private var slots: [Slot] = []

    /// - Parameter directory: where each worker's standard error is kept, in `<name>.stderr`.
    init(endpoint: String, threads: Int, directory: String, logger: Logger) {
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

    private func launch(_ name: String) throws(Problem) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "worker", "--connect", endpoint, "--threads", String(threads), "--name", name, "--give-up", "20", "--supervised",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let path = "\(directory)/\(name).stderr"
        if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        if let handle = FileHandle(forWritingAtPath: path) {
            handle.seekToEndOfFile()
            process.standardError = handle
        }
        do {
            try process.run()
        } catch {
            throw Problem("worker process cannot be started: \(error.localizedDescription)", at: process.executableURL?.path)
        }
        logger.info("worker process started", ["worker.name": name, "pid": String(process.processIdentifier)])
        return process
    }
}
