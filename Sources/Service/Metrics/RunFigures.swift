import Diagnostics

/// What a run's metrics are made of, beside its status. Totals count from the coordinator's start.
public struct RunFigures: Sendable {
    /// Of one kind.
    public struct Units: Sendable, Hashable {
        public var count = 0
        public var samples = 0
        /// Lane time.
        public var seconds = 0.0

        public init() {}
    }

    /// One that is present.
    public struct Worker: Sendable, Hashable {
        public var name: String
        public var samples: Int
        /// Lane time on units; of units with samples; of that, waiting for these.
        public var busySeconds: Double
        public var fedSeconds: Double
        public var waitedSeconds: Double
        public var unitsInHand: Int
        /// Over the last ten seconds or so; nil while unknown.
        public var samplesPerSecond: Double?
        /// Units that it could not do.
        public var failures: Int
        /// Of messages; weights and gradients in common memory are not among them.
        public var receivedBytes: Int
        public var sentBytes: Int

        public init(
            name: String, samples: Int, busySeconds: Double, fedSeconds: Double, waitedSeconds: Double, unitsInHand: Int,
            samplesPerSecond: Double?, failures: Int, receivedBytes: Int, sentBytes: Int
        ) {
            self.name = name
            self.samples = samples
            self.busySeconds = busySeconds
            self.fedSeconds = fedSeconds
            self.waitedSeconds = waitedSeconds
            self.unitsInHand = unitsInHand
            self.samplesPerSecond = samplesPerSecond
            self.failures = failures
            self.receivedBytes = receivedBytes
            self.sentBytes = sentBytes
        }
    }

    public var workers: [Worker] = []
    public var units: [String: Units] = [:]
    /// Attempts beyond the first of units that are done.
    public var repeatedAttempts = 0
    /// Steps taken, by phase.
    public var steps: [String: Int] = [:]
    /// From one step's end to the next one's.
    public var stepTimes = DurationHistogram()
    public var logRecords: [LogLevel: Int] = [:]
    public var workersJoined = 0
    /// Went in order, and without a word.
    public var workersLeft = 0
    public var workersLost = 0
    /// Transactions of the journal.
    public var journalWrites = DurationHistogram()
    public var checkpointWrites = DurationHistogram()
    /// Seconds since 1970; nil before the first.
    public var lastCheckpoint: Double?
    /// When a unit or a step was done last.
    public var lastProgress: Double?
    public var receivedMessages = 0
    public var receivedBytes = 0
    public var sentMessages = 0
    public var sentBytes = 0
    /// Of the file system that the run directory lies on.
    public var diskBytes: Int?
    public var diskFreeBytes: Int?

    public init() {}
}
