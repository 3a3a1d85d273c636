import Diagnostics

/// The figures of one layer at one threshold of several; means are over the filters with a cluster, nil where none has one.
public struct ThresholdFiguresRow: Hashable, Sendable {
    /// Position of the layer, from 0.
    public var layer: Int
    public var threshold: Double
    public var activeFilters: Int
    public var silentFilters: Int
    public var meanClustersPerFilter: Double?
    public var meanClusterSize: Double?
    public var meanNoise: Double?
    public var signal: Double
    public var noisePerLabel: Double
    /// Nil: no noise (signal above 0), or nothing said at all (signal 0).
    public var snr: Double?

    public init(
        layer: Int, threshold: Double, activeFilters: Int, silentFilters: Int, meanClustersPerFilter: Double?,
        meanClusterSize: Double?, meanNoise: Double?, signal: Double, noisePerLabel: Double, snr: Double?
    ) {
        self.layer = layer
        self.threshold = threshold
        self.activeFilters = activeFilters
        self.silentFilters = silentFilters
        self.meanClustersPerFilter = meanClustersPerFilter
        self.meanClusterSize = meanClusterSize
        self.meanNoise = meanNoise
        self.signal = signal
        self.noisePerLabel = noisePerLabel
        self.snr = snr
    }
}

extension Journal {
    /// Replaces all of them.
    public func recordThresholdFigures(_ rows: [ThresholdFiguresRow]) throws(Problem) {
        try transaction { () throws(Problem) in
            try database.execute("DELETE FROM threshold_figures")
            for row in rows {
                try database.execute(
                    "INSERT INTO threshold_figures (\(thresholdColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row.layer,
                    row.threshold, row.activeFilters, row.silentFilters, row.meanClustersPerFilter, row.meanClusterSize,
                    row.meanNoise, row.signal, row.noisePerLabel, row.snr)
            }
        }
    }
}

extension JournalReading {
    /// By layer, and by threshold within it.
    public func thresholdFigures() throws(Problem) -> [ThresholdFiguresRow] {
        try database.rows("SELECT \(thresholdColumns) FROM threshold_figures ORDER BY layer, threshold") { row throws(Problem) in
            ThresholdFiguresRow(
                layer: try row.integer(0), threshold: try row.double(1), activeFilters: try row.integer(2),
                silentFilters: try row.integer(3), meanClustersPerFilter: try row.optionalDouble(4),
                meanClusterSize: try row.optionalDouble(5), meanNoise: try row.optionalDouble(6), signal: try row.double(7),
                noisePerLabel: try row.double(8), snr: try row.optionalDouble(9))
        }
    }
}

private let thresholdColumns = """
    layer, threshold, active_filters, silent_filters, mean_clusters_per_filter, mean_cluster_size, mean_noise, signal,
    noise_per_label, snr
    """
