import Messages

struct OwedAcknowledgement: Sendable, Equatable {
    var number: Int
    var due: Double
}

/// One worker as the coordinator knows it.
public struct RosterWorker: Sendable, Equatable {
    public let peer: PeerID
    /// As accepted: unique among the workers present.
    public let name: String
    let identity: WorkerIdentity
    public let incarnation: String
    public let host: String
    public let pid: Int
    public let threads: Int
    public let fingerprint: String
    /// Whether it takes samples before their units.
    public let takesSamplesAhead: Bool
    /// Seconds on the coordinator's monotonic clock.
    public let joinedAt: Double
    public internal(set) var lastHeard: Double
    /// Units dealt to it and not answered, in the order dealt.
    public internal(set) var unitsInHand: [UInt64] = []
    /// Units that are not due, whose samples it got to decode them meanwhile.
    public internal(set) var unitsAhead: [UInt64] = []
    /// Bytes of samples that were sent to it for these.
    public internal(set) var bytesAhead = 0
    /// An operator wants it to leave: it gets no more units.
    public internal(set) var isDraining = false
    /// The splits that it reads from a copy of its own.
    public internal(set) var ownSplits: Set<String> = []
    /// The version of each parameter set that was sent to it last.
    public internal(set) var parameterVersions: [String: UInt64] = [:]
    public internal(set) var unitsDone = 0
    public internal(set) var samplesDone = 0
    /// Units that it answered with a failure which counts against it or them.
    public internal(set) var failures = 0
    /// Seconds it reported to have computed.
    public internal(set) var busySeconds = 0.0
    public internal(set) var residentBytes = 0
    /// Seconds that its lanes spent on units with samples, and those of them in which they waited for these.
    public internal(set) var fedSeconds = 0.0
    public internal(set) var waitedSeconds = 0.0
    /// Log records that it may write.
    var logAllowance = TokenBucket(capacity: 5000, perSecond: 20_000)
    /// Log records that were taken and are not acknowledged before they are paid for: the last one's number, and when.
    var logsOwed: OwedAcknowledgement?
    /// Its clock, against the coordinator's.
    public internal(set) var clock = ClockOffset()
    /// Answers that it gets: to heartbeats above all, of which an honest worker sends a few a second at most. One that asks
    /// without end and reads nothing would fill its queue.
    var answers = TokenBucket(capacity: 1000, perSecond: 100)
    /// Seconds for each shard (or filter) with all its lanes busy, lately; nil before it has answered.
    public internal(set) var secondsPerShard: Double?
    var measuredAt = 0.0

    /// The share of its lanes' time in which they waited for samples; nil before it has computed.
    public var waitingShare: Double? { fedSeconds > 0 ? min(1, waitedSeconds / fedSeconds) : nil }

    /// Whether samples of a unit have to be sent to it.
    public func needsSamples(of unit: WorkUnit) -> Bool { unit.work.split.map { !ownSplits.contains($0) } ?? false }

    /// One unit in each lane and one waiting, so that a lane never idles for the length of a round trip.
    var capacity: Int { threads + 1 }
    var hasRoom: Bool { unitsInHand.count < capacity }

    /// It had a unit for so long and was not done.
    mutating func noteSlowness(_ shards: Int, seconds: Double, at now: Double) {
        let least = seconds / Double(max(1, shards))
        guard least > secondsPerShard ?? 0 else { return }
        secondsPerShard = least
        measuredAt = now
    }

    /// - Parameter seconds: lane time.
    mutating func noteSpeed(_ shards: Int, seconds: Double, at now: Double) {
        let rate = max(seconds, 1e-6) / Double(max(1, shards) * threads)
        secondsPerShard = secondsPerShard.map { 0.7 * $0 + 0.3 * rate } ?? rate
        measuredAt = now
    }
}

/// The workers present, in the order they joined.
struct WorkerRoster: Sendable {
    private(set) var workers: [RosterWorker] = []

    subscript(peer: PeerID) -> RosterWorker? { workers.first { $0.peer == peer } }

    mutating func add(_ worker: RosterWorker) { workers.append(worker) }

    mutating func remove(_ peer: PeerID) -> RosterWorker? {
        guard let index = workers.firstIndex(where: { $0.peer == peer }) else { return nil }
        return workers.remove(at: index)
    }

    mutating func update(_ peer: PeerID, _ change: (inout RosterWorker) -> Void) {
        guard let index = workers.firstIndex(where: { $0.peer == peer }) else { return }
        change(&workers[index])
    }

    /// `name`, or `name-2`, `name-3`, … where a worker present has it.
    func uniqueName(_ name: String) -> String {
        let taken = Set(workers.map(\.name))
        guard taken.contains(name) else { return name }
        var number = 2
        while taken.contains("\(name)-\(number)") { number += 1 }
        return "\(name)-\(number)"
    }
}
