import Diagnostics

/// One trained network of a sweep.
public struct SweepPointRow: Hashable, Sendable {
    public var labels: Int
    public var seed: Int
    /// From the sweep's directory.
    public var directory: String
    public var testAccuracy: Double
    public var headAccuracy: Double?
    public var clustersPerFilter: Double?
    public var clusterSize: Double?
    public var noise: Double?
    public var signal: Double
    public var noisePerLabel: Double
    /// Nil: no noise (signal above 0), or nothing said at all (signal 0).
    public var snr: Double?
    public var weightsSHA256: String
    public var seconds: Double

    public init(
        labels: Int, seed: Int, directory: String, testAccuracy: Double, headAccuracy: Double?, clustersPerFilter: Double?,
        clusterSize: Double?, noise: Double?, signal: Double, noisePerLabel: Double, snr: Double?, weightsSHA256: String, seconds: Double
    ) {
        self.labels = labels
        self.seed = seed
        self.directory = directory
        self.testAccuracy = testAccuracy
        self.headAccuracy = headAccuracy
        self.clustersPerFilter = clustersPerFilter
        self.clusterSize = clusterSize
        self.noise = noise
        self.signal = signal
        self.noisePerLabel = noisePerLabel
        self.snr = snr
        self.weightsSHA256 = weightsSHA256
        self.seconds = seconds
    }
}

extension Journal {
    /// Recording a point again replaces it.
    public func record(_ point: SweepPointRow) throws(Problem) {
        try database.execute(
            "INSERT OR REPLACE INTO sweep_points (\(sweepColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", point.labels,
            point.seed, point.directory, point.testAccuracy, point.headAccuracy, point.clustersPerFilter, point.clusterSize, point.noise,
            point.signal, point.noisePerLabel, point.snr, point.weightsSHA256, point.seconds)
    }
}

extension JournalReading {
    public func isSweep() throws(Problem) -> Bool { try value(for: "kind") == "sweep" }

    /// The finished points, by labels and seed.
    public func sweepPoints() throws(Problem) -> [SweepPointRow] {
        try database.rows("SELECT \(sweepColumns) FROM sweep_points ORDER BY labels, seed") { row throws(Problem) in
            SweepPointRow(
                labels: try row.integer(0), seed: try row.integer(1), directory: try row.string(2), testAccuracy: try row.double(3),
                headAccuracy: try row.optionalDouble(4), clustersPerFilter: try row.optionalDouble(5),
                clusterSize: try row.optionalDouble(6), noise: try row.optionalDouble(7), signal: try row.double(8),
                noisePerLabel: try row.double(9), snr: try row.optionalDouble(10), weightsSHA256: try row.string(11),
                seconds: try row.double(12))
        }
    }
}

private let sweepColumns = """
    labels, seed, directory, test_accuracy, head_accuracy, mean_clusters_per_filter, mean_cluster_size, mean_noise, signal,
    noise_per_label, snr, weights_sha256, seconds
    """
