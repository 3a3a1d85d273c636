import Coordination
import Datasets
import Diagnostics
import Foundation
import Kernels
import Networks
import Reporting
import RunStore
import Tensors

/// `filterscope bench logs`.
public struct LogBenchOptions: Sendable {
    /// Records a second, of all workers together.
    public var rate: Int
    public var workers: Int
    public var seconds: Int
    /// Whether the follower reads over the wire instead of from the run directory.
    public var overTheWire: Bool
    public var json: Bool

    public init(rate: Int, workers: Int, seconds: Int, overTheWire: Bool, json: Bool) {
        self.rate = rate
        self.workers = workers
        self.seconds = seconds
        self.overTheWire = overTheWire
        self.json = json
    }
}

/// Log records through the whole of their way: workers' loggers, their backlog, the wire, the coordinator, the journal, and a
/// `filterscope logs -f` that writes them to a file. Nothing else is computed.
public func benchLogs(_ options: LogBenchOptions) throws -> ExitCode {
    Interrupt.install()
    configureBLAS()
    let folder = FileManager.default.temporaryDirectory.path + "/filterscope-bench-logs-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let bench = try LogBench(options, folder: folder)
    let result = try bench.run()
    FileHandle.standardOutput.write(options.json ? try result.json() : Data(result.text.utf8))
    return .done
}

private final class LogBench {
    private let options: LogBenchOptions
    private let directory: RunDirectory
    private let journal: Journal
    private let recorder: RunRecorder
    private let cluster: Cluster
    private let workers: LocalWorkers
    private var samples: [(lag: Double, followed: Int, stored: Int)] = []

    init(_ options: LogBenchOptions, folder: String) throws {
        self.options = options
        directory = try RunDirectory.create(path: folder, recipeName: "bench-logs").directory
        journal = try Journal(path: directory.journalPath)
        let log = RunLog(journal, limits: LogLimits(), sink: InMemoryLogSink(), echo: { _ in })
        let logger = Logger(source: "coordinator", level: .debug, sink: log.sink)
        recorder = RunRecorder(
            directory: directory, journal: journal, recipeName: "bench-logs", recipeDigest: Digest.sha256(of: Data()), keep: 1, log: log,
            progress: ProgressBar(style: TerminalStyle(isTerminal: false, colored: false, width: 80)), admitsOtherKernels: false)
        let task = TaskDescription(
            model: ModelSpecification(name: "vgg11", width: 1, inputChannels: 3, labels: 2),
            preprocessing: try Preprocessing(
                encoding: SampleEncoding(.float32CHW, height: 32, width: 32, channels: 3), outputSize: 32, normalization: nil,
                augmentation: .none),
            trainingShardSize: 1, surveyShardSize: 1, labels: 2, headPool: 1)
        cluster = try Cluster(
            CoordinatorMachine.Settings(
                run: UUID().uuidString, task: try task.encoded(), fingerprint: kernelFingerprint, heartbeatSeconds: 1, timeoutSeconds: 10,
                unitAttempts: 1,
                logs: LogAllowance(perSecond: max(20_000, 2 * Double(options.rate)), perSecondOfAll: max(60_000, 2 * Double(options.rate)))),
            bind: "tcp://127.0.0.1:*", insecure: false, logger: logger)
        cluster.setOwner(recorder)
        workers = LocalWorkers(endpoint: cluster.endpoint, threads: 1, directory: folder + "/logs", logger: logger)
        recorder.workersForStatus = { [unowned cluster] in (cluster.workers, cluster.now) }
    }

    func run() throws -> LogBenchResult {
        try recorder.open()
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }
        setenv("FILTERSCOPE_TEST_LOG_LINES", "\(Double(options.rate) / Double(options.workers)):\(options.seconds)", 1)
        let follower = try startFollower()
        defer { if follower.isRunning { follower.terminate() } }
        try workers.start(count: options.workers)
        recorder.supervise = { [workers, unowned cluster] in try workers.supervise { try cluster.processEnded(pid: $0, reason: $1) } }
        try cluster.waitForWorkers(options.workers, seconds: 60)
        let start = ContinuousClock.now
        let end = start + .seconds(options.seconds)
        while ContinuousClock.now < end {
            try cluster.idle(until: .now + .milliseconds(100))
            if Interrupt.requested { throw Interrupted() }
            try takeSample()
        }
        // What is still under way: until nothing more comes.
        var (stored, quiet) = (0, 0)
        while quiet < 5 {
            try cluster.idle(until: .now + .milliseconds(100))
            let now = try storedCount()
            quiet = now == stored ? quiet + 1 : 0
            stored = now
        }
        let drained = start.duration(to: .now).seconds - 0.5
        let pids = cluster.workers.map { pid_t(truncatingIfNeeded: $0.pid) }
        let followed = try waitForFollower(upTo: stored)
        let caughtUp = start.duration(to: .now).seconds
        let usage = ([getpid(), follower.processIdentifier] + pids).map(Self.processorSeconds)
        let peaks = ([getpid(), follower.processIdentifier] + pids).map { ProcessMemory.peakBytes(of: [$0]) }
        let counts = try lineCounts()
        cluster.end(outcome: .finished, message: "finished") { [workers, recorder] in
            workers.stop(within: 5)
            try? recorder.close(.finished, condition: .finished)
        }
        // Between the second and the last moment of writing, so that nothing of the beginning counts.
        let steady = samples.dropFirst(10)
        let seconds = Double(max(1, steady.count - 1)) * Double(options.seconds) / Double(max(1, samples.count))
        let lags = steady.map(\.lag).sorted()
        return LogBenchResult(
            workers: options.workers, rate: options.rate, seconds: options.seconds, follower: options.overTheWire ? "wire" : "run directory",
            written: options.rate / options.workers * options.workers * options.seconds, stored: counts.lines, lost: counts.lost,
            followed: followed, storedPerSecond: Double((steady.last?.stored ?? 0) - (steady.first?.stored ?? 0)) / seconds,
            followedPerSecond: Double((steady.last?.followed ?? 0) - (steady.first?.followed ?? 0)) / seconds,
            secondsUntilStored: drained, secondsUntilFollowed: caughtUp, medianLagSeconds: lags.isEmpty ? 0 : lags[lags.count / 2],
            largestLagSeconds: lags.last ?? 0, coordinatorProcessorSeconds: usage[0], followerProcessorSeconds: usage[1],
            workerProcessorSeconds: usage[2...].reduce(0, +), coordinatorPeakBytes: peaks[0], followerPeakBytes: peaks[1],
            workerPeakBytes: Array(peaks[2...]))
    }

    private var followerPath: String { directory.path + "/followed.jsonl" }

    private func startFollower() throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["logs", "-f", "--json"] + (options.overTheWire ? ["--connect", cluster.endpoint] : ["--run", directory.path])
        _ = FileManager.default.createFile(atPath: followerPath, contents: nil)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: followerPath)
        try process.run()
        return process
    }

    private func storedCount() throws -> Int {
        try journal.database.rows("SELECT max(id) FROM logs") { row throws(Problem) in try row.optionalInteger(0) ?? 0 }.first ?? 0
    }

    private func takeSample() throws {
        guard let last = lastFollowed() else { return }
        samples.append((Date().timeIntervalSince1970 - last.time, last.id, try storedCount()))
    }

    /// The last whole line that the follower has written.
    private func lastFollowed() -> (id: Int, time: Double)? {
        guard let file = FileHandle(forReadingAtPath: followerPath), let size = try? file.seekToEnd(), size > 0 else { return nil }
        try? file.seek(toOffset: size > 4096 ? size - 4096 : 0)
        guard let data = try? file.readToEnd(), let end = data.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
        let begin = data[..<end].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? data.startIndex
        let object = (try? JSONSerialization.jsonObject(with: data[begin..<end])) as? [String: Any]
        guard let id = object?["id"] as? Int, let time = object?["time"] as? Double else { return nil }
        return (id, time)
    }

    /// - Returns: lines in the follower's file.
    private func waitForFollower(upTo id: Int) throws -> Int {
        let deadline = ContinuousClock.now + .seconds(120)
        while (lastFollowed()?.id ?? 0) < id, ContinuousClock.now < deadline { try cluster.idle(until: .now + .milliseconds(20)) }
        guard let data = FileManager.default.contents(atPath: followerPath) else { return 0 }
        return data.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    }

    private func lineCounts() throws -> (lines: Int, lost: Int) {
        let rows = try journal.database.rows(
            """
            SELECT count(*) FILTER (WHERE message LIKE 'sample line%'),
                coalesce(sum(json_extract(fields, '$."log.lost"')) FILTER (WHERE message = 'log records lost'), 0) FROM logs
            """
        ) { row throws(Problem) in (try row.integer(0), try row.integer(1)) }
        return (rows.first?.0 ?? 0, rows.first?.1 ?? 0)
    }

    /// User and system time of a process so far.
    private static func processorSeconds(_ process: pid_t) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8), let name = text.lastIndex(of: ")") else { return 0 }
        let fields = text[name...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
