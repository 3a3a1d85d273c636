import Foundation
import Tensors

// Joining, staying and leaving.

/// worker → coordinator: the first message of every connection. Sent again, with the same incarnation, after a reconnect.
public struct Hello: Hashable, Codable, Sendable {
    /// The name that the worker would like; the coordinator makes it unique.
    public var name: String
    /// A UUID drawn when the process started: tells a worker that reconnected from one that restarted.
    public var incarnation: String
    public var host: String
    public var pid: Int
    /// Lanes: shards that it computes at the same time.
    public var threads: Int
    /// Instruction set, BLAS core and build; a run admits one, for others give other last bits.
    public var fingerprint: String
    public var protocolRange: ProtocolRange
    /// Whether it takes samples before their units; nil means no.
    public var samplesAhead: Bool?
    /// An empty segment of the worker's: a coordinator that can map it runs on the same machine, under the same user.
    public var memory: SegmentReference?
    /// When it was sent, in seconds since 1970 by the worker's clock.
    public var clock: Double?

    public init(
        name: String, incarnation: String, host: String, pid: Int, threads: Int, fingerprint: String,
        protocolRange: ProtocolRange = .supported, samplesAhead: Bool? = nil, memory: SegmentReference? = nil,
        clock: Double? = nil
    ) {
        self.name = name
        self.incarnation = incarnation
        self.host = host
        self.pid = pid
        self.threads = threads
        self.fingerprint = fingerprint
        self.protocolRange = protocolRange
        self.samplesAhead = samplesAhead
        self.memory = memory
        self.clock = clock
    }
}

/// The protocol versions that a program speaks.
public struct ProtocolRange: Hashable, Codable, Sendable {
    public var lowest: Int
    public var highest: Int

    public init(lowest: Int, highest: Int) {
        self.lowest = lowest
        self.highest = highest
    }

    public static let supported = ProtocolRange(lowest: protocolVersion, highest: protocolVersion)
}

/// coordinator → worker: admitted, and what the run is about.
public struct Welcome: Hashable, Codable, Sendable {
    public var run: String
    /// The name under which the worker is known from now on.
    public var name: String
    /// How often the worker must send a heartbeat.
    public var heartbeatSeconds: Double
    /// How long either side waits in silence before it takes the other for lost.
    public var timeoutSeconds: Double
    /// JSON text that says what the lanes must be built for (model, preprocessing, heads, shard size); opaque here.
    public var task: String
    /// The data set, for workers that have a copy; nil where the coordinator names none.
    public var data: DataSummary?
    /// An empty segment of the coordinator's, where it could map the worker's: if the worker can map this one, large tensors
    /// stay in memory, and messages say where.
    public var memory: SegmentReference?

    public init(
        run: String, name: String, heartbeatSeconds: Double, timeoutSeconds: Double, task: String, data: DataSummary? = nil,
        memory: SegmentReference? = nil
    ) {
        self.run = run
        self.name = name
        self.heartbeatSeconds = heartbeatSeconds
        self.timeoutSeconds = timeoutSeconds
        self.task = task
        self.data = data
        self.memory = memory
    }
}

/// Why somebody was not let in, or a message was not taken. An open set: a newer coordinator may know more reasons.
public struct RefusalCode: RawRepresentable, Hashable, Codable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let version = RefusalCode(rawValue: "version")
    public static let fingerprint = RefusalCode(rawValue: "fingerprint")
    public static let unknownKind = RefusalCode(rawValue: "unknown-kind")
    public static let malformed = RefusalCode(rawValue: "malformed")
    /// A message other than hello from a peer that has not said hello; to be answered with hello.
    public static let unknownPeer = RefusalCode(rawValue: "unknown-peer")
    public static let wrongRun = RefusalCode(rawValue: "wrong-run")
    public static let runOver = RefusalCode(rawValue: "run-over")
    /// Memory that a result names cannot be mapped; to be answered by sending tensors in frames from then on.
    public static let memory = RefusalCode(rawValue: "memory")
    public static let full = RefusalCode(rawValue: "full")
    /// More frames or bytes than the limits allow.
    public static let tooLarge = RefusalCode(rawValue: "too-large")
    /// The sender's key is admitted, but not for messages of this kind.
    public static let role = RefusalCode(rawValue: "role")
    /// The sender's key is not admitted any more.
    public static let revoked = RefusalCode(rawValue: "revoked")
    /// A command names a worker that is not present.
    public static let unknownWorker = RefusalCode(rawValue: "unknown-worker")
    /// Its results differ from those on which two others agree: it is let in no more.
    public static let setAside = RefusalCode(rawValue: "set-aside")
}

/// coordinator → anyone: not accepted, why, and what to do.
public struct Refusal: Hashable, Codable, Sendable {
    public var code: RefusalCode
    public var reason: String
    public var remedy: String?

    public init(code: RefusalCode, reason: String, remedy: String? = nil) {
        self.code = code
        self.reason = reason
        self.remedy = remedy
    }
}

/// worker → coordinator: leaves of its own will; its units may be dealt again at once.
public struct Goodbye: Hashable, Codable, Sendable {
    public var reason: String
    public init(reason: String) { self.reason = reason }
}

/// worker → coordinator: the lanes live. Sent by the thread that hands out work, not by the one that moves messages.
public struct Heartbeat: Hashable, Codable, Sendable {
    /// Counts from 1 in each incarnation.
    public var sequence: Int
    /// The oldest unit under way.
    public var unit: UInt64?
    public var lanesBusy: Int
    public var residentBytes: Int
    public var unitsDone: Int
    /// When it was sent, in seconds since 1970 by the worker's clock.
    public var clock: Double?
    /// Of the latest heartbeat that was answered: two of the four times from which the coordinator has the difference of the clocks.
    public var answered: AnsweredHeartbeat?

    public init(
        sequence: Int, unit: UInt64? = nil, lanesBusy: Int, residentBytes: Int, unitsDone: Int, clock: Double? = nil,
        answered: AnsweredHeartbeat? = nil
    ) {
        self.clock = clock
        self.answered = answered
        self.sequence = sequence
        self.unit = unit
        self.lanesBusy = lanesBusy
        self.residentBytes = residentBytes
        self.unitsDone = unitsDone
    }

    enum CodingKeys: String, CodingKey { case sequence, lanesBusy, residentBytes, unitsDone, clock, answered }
}

/// When a worker sent a heartbeat, and when it got the answer: seconds since 1970 by its clock.
public struct AnsweredHeartbeat: Hashable, Codable, Sendable {
    public var sequence: Int
    public var sent: Double
    public var received: Double

    public init(sequence: Int, sent: Double, received: Double) {
        self.sequence = sequence
        self.sent = sent
        self.received = received
    }
}

public enum RunOutcome: String, Hashable, Codable, Sendable { case finished, failed, interrupted }

/// coordinator → worker: the run is over; there is nothing more to do.
public struct RunEnd: Hashable, Codable, Sendable {
    public var outcome: RunOutcome
    public var message: String

    public init(outcome: RunOutcome, message: String) {
        self.outcome = outcome
        self.message = message
    }
}
