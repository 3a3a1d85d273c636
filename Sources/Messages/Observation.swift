import Diagnostics
import Foundation

// What `filterscope status` and `filterscope logs` ask, and the answers. An observer needs no hello.

/// observer → coordinator.
public struct StatusRequest: Hashable, Codable, Sendable {
    public init() {}

    enum CodingKeys: CodingKey {}
    public init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: CodingKeys.self) }
    public func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: CodingKeys.self) }
}

public enum RunState: String, Hashable, Codable, Sendable, CaseIterable {
    case starting
    case waitingForWorkers = "waiting for workers"
    case running, paused, finished, failed, interrupted
}

public enum WorkerState: String, Hashable, Codable, Sendable, CaseIterable {
    /// Admitted, and getting ready.
    case joining
    case idle, working
    /// Slower than the others, or late with its heartbeat.
    case lagging
    /// Silent for too long; its units were dealt again.
    case lost
    /// Said goodbye.
    case left
}

/// coordinator → observer: where the run stands. Times are seconds since 1970 by the coordinator's clock.
public struct StatusReport: Hashable, Codable, Sendable {
    public var run: String
    public var recipe: String
    public var phase: String
    public var state: RunState
    public var step: Int
    public var totalSteps: Int
    public var epoch: Int
    /// Samples per second over the last while.
    public var rate: Double
    /// For the phase; nil while nothing can be said.
    public var secondsLeft: Double?
    /// `loss`, `accuracy` and what else the phase measures.
    public var metrics: [String: Double]
    public var workers: [WorkerStatus]
    /// What goes wrong at present, in sentences for people.
    public var faults: [String]
    /// The share of lanes' time, from 0 to 1, in which they waited for samples, over all workers that the run had.
    public var waitingShare: Double?
    /// Samples that could not be decoded and were left out.
    public var damagedSamples: Int?
    /// Messages and connections that were refused since the coordinator started, by kind; kinds without any are left out.
    public var refusals: [String: Int]?
    /// Kernels other than the coordinator's that took part: where there are any, the run's last bits cannot be had again.
    public var otherKernels: [String]?
    /// Where the coordinator answers HTTP: `http://127.0.0.1:9464/`.
    public var http: String?
    /// `loss` and `accuracy` over the phase, evenly spaced from its beginning on, the newest last; nil: not a finite number.
    public var curves: [String: [Double?]]?
    public var startedAt: Double
    public var updatedAt: Double

    /// Values of one curve at most.
    public static let longestCurve = 512

    public init(
        run: String, recipe: String, phase: String, state: RunState, step: Int, totalSteps: Int, epoch: Int, rate: Double,
        secondsLeft: Double? = nil, metrics: [String: Double] = [:], workers: [WorkerStatus] = [], faults: [String] = [],
        waitingShare: Double? = nil, damagedSamples: Int? = nil, refusals: [String: Int]? = nil, otherKernels: [String]? = nil,
        http: String? = nil, curves: [String: [Double?]]? = nil, startedAt: Double, updatedAt: Double
    ) {
        self.run = run
        self.recipe = recipe
        self.phase = phase
        self.state = state
        self.step = step
        self.totalSteps = totalSteps
        self.epoch = epoch
        self.rate = rate
        self.secondsLeft = secondsLeft
        self.metrics = metrics
        self.workers = workers
        self.faults = faults
        self.waitingShare = waitingShare
        self.damagedSamples = damagedSamples
        self.refusals = refusals
        self.otherKernels = otherKernels
        self.http = http
        self.curves = curves
        self.startedAt = startedAt
        self.updatedAt = updatedAt
    }
}

public struct WorkerStatus: Hashable, Codable, Sendable {
    public var name: String
    public var host: String
    public var pid: Int
    public var threads: Int
    public var state: WorkerState
    /// Its part of the units done in this phase, from 0 to 1.
    public var share: Double
    public var unitsDone: Int
    /// Since it was last heard of.
    public var lagSeconds: Double
    public var residentBytes: Int
    /// When it was admitted.
    public var joined: Double
    /// The share of its lanes' time, from 0 to 1, in which they waited for samples.
    public var waitingShare: Double?
    /// Whether it reads samples from a copy of its own.
    public var readsOwnData: Bool?
    /// Samples per second over the last while.
    public var rate: Double?
    /// Units of its that failed, and lives of its name that ended otherwise than in order, since the coordinator started.
    public var faults: Int?
    /// Whether it gets no more units and leaves when it has answered what it has.
    public var isDraining: Bool?
    /// Seconds to add to a time by its clock to have the coordinator's; nil where that is not known.
    public var clockOffset: Double?
    /// Seconds that `clockOffset` may be wrong by.
    public var clockUncertainty: Double?

    public init(
        name: String, host: String, pid: Int, threads: Int, state: WorkerState, share: Double, unitsDone: Int,
        lagSeconds: Double, residentBytes: Int, joined: Double, waitingShare: Double? = nil, readsOwnData: Bool? = nil,
        rate: Double? = nil, faults: Int? = nil, isDraining: Bool? = nil, clockOffset: Double? = nil, clockUncertainty: Double? = nil
    ) {
        self.name = name
        self.host = host
        self.pid = pid
        self.threads = threads
        self.state = state
        self.share = share
        self.unitsDone = unitsDone
        self.lagSeconds = lagSeconds
        self.residentBytes = residentBytes
        self.joined = joined
        self.waitingShare = waitingShare
        self.readsOwnData = readsOwnData
        self.rate = rate
        self.faults = faults
        self.isDraining = isDraining
        self.clockOffset = clockOffset
        self.clockUncertainty = clockUncertainty
    }
}

/// observer → coordinator: the next page of the merged log.
public struct LogsRequest: Hashable, Codable, Sendable {
    /// Records with a larger id are wanted; 0 for all.
    public var after: Int
    /// At most this many; the coordinator may send fewer.
    public var limit: Int
    /// Records of at least this level.
    public var level: LogLevel?
    public var worker: String?
    /// Records whose message or fields contain this text.
    public var grep: String?
    /// Records from this time on, in seconds since 1970.
    public var since: Double?
    /// Records before this time, in seconds since 1970.
    public var until: Double?
    /// Records of any of these: names, or patterns in which `*` stands for any text and `?` for one character.
    public var workers: [String]?
    /// Only so many of the last that match.
    public var tail: Int?

    /// Patterns of one request at most.
    public static let mostPatterns = 64

    public init(
        after: Int = 0, limit: Int = 1000, level: LogLevel? = nil, worker: String? = nil, grep: String? = nil, since: Double? = nil,
        until: Double? = nil, workers: [String]? = nil, tail: Int? = nil
    ) {
        self.after = after
        self.limit = limit
        self.level = level
        self.worker = worker
        self.grep = grep
        self.since = since
        self.until = until
        self.workers = workers
        self.tail = tail
    }
}

/// coordinator → observer: a page of the log, by ascending id.
public struct LogsReply: Hashable, Codable, Sendable {
    public var entries: [LogEntry]
    /// Where the next request goes on; it may lie beyond the last entry, where later records did not match.
    public var lastID: Int
    /// The run is over and nothing follows.
    public var finished: Bool
    /// The run was interrupted, and may go on.
    public var interrupted: Bool?
    /// Records after the request's `after` that are not kept any more; nil: none.
    public var missing: Int?
    /// Tells the log of one run from that of another at the same address.
    public var log: String?

    public init(entries: [LogEntry], lastID: Int, finished: Bool, interrupted: Bool? = nil, missing: Int? = nil, log: String? = nil) {
        self.interrupted = interrupted
        self.missing = missing
        self.log = log
        self.entries = entries
        self.lastID = lastID
        self.finished = finished
    }
}

public struct LogEntry: Hashable, Codable, Sendable {
    public var id: Int
    public var record: LogRecord

    public init(id: Int, record: LogRecord) {
        self.id = id
        self.record = record
    }
}
