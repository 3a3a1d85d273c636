/// `filterscope bench aggregation`.
public struct AggregationOptions: Sendable {
    /// How gradients and sums get from process to process.
    public enum Transport: String, Sendable, CaseIterable {
        /// In memory that the processes have in common, as a run on one machine does it.
        case memory
        /// In frames through a Unix domain socket.
        case ipc
        /// In frames over loopback TCP, as between machines.
        case tcp
        /// The same, encrypted: with keys, as between machines that others reach.
        case curve

        /// Whether it takes a TCP port.
        var isOverTCP: Bool { self == .tcp || self == .curve }
    }

    /// Million bytes of float32 gradients from each worker.
    public var megabytes: Int
    public var workers: Int
    /// Timed rounds.
    public var runs: Int
    public var transport: Transport
    public var json: Bool

    public init(megabytes: Int, workers: Int, runs: Int, transport: Transport, json: Bool) {
        self.megabytes = megabytes
        self.workers = workers
        self.runs = runs
        self.transport = transport
        self.json = json
    }
}
