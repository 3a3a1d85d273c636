import Mechanism

/// A layer's figures at one threshold of several, as files show them. Means are over the filters with at least one cluster; null,
/// in CSV an empty field, where no filter has one.
public struct ThresholdRow: Hashable, Sendable {
    public var layer: String
    public var activeFilters: Int
    public var silentFilters: Int
    public var meanClustersPerFilter: Double?
    public var meanClusterSize: Double?
    public var meanNoise: Double?
    public var signal: Double
    public var noisePerLabel: Double
    public var signalToNoise: SignalToNoise

    init(layer: String, figures: ThresholdFigures) {
        let means = figures.tally.activeMeans
        self.layer = layer
        activeFilters = figures.tally.active
        silentFilters = figures.tally.silent
        meanClustersPerFilter = means?.clustersPerFilter
        meanClusterSize = means?.clusterSize
        meanNoise = means?.noise
        signal = figures.signal
        noisePerLabel = figures.noisePerLabel
        signalToNoise = figures.signalToNoise
    }

    /// The figures at the analysis's own threshold.
    public init(_ row: LayerRow) {
        layer = row.layer
        activeFilters = row.activeFilters
        silentFilters = row.silentFilters
        meanClustersPerFilter = row.meanClustersPerFilter
        meanClusterSize = row.meanClusterSize
        meanNoise = row.meanNoise
        signal = row.signal
        noisePerLabel = row.noisePerLabel
        signalToNoise = row.signalToNoise
    }

    static let csvHeader = [
        "threshold", "layer", "active_filters", "silent_filters", "mean_clusters_per_filter", "mean_cluster_size", "mean_noise",
        "signal", "noise_per_label", "snr",
    ]

    func csvFields(threshold: Double) -> [String] {
        [
            "\(threshold)", layer, "\(activeFilters)", "\(silentFilters)", CSV.number(meanClustersPerFilter), CSV.number(meanClusterSize),
            CSV.number(meanNoise), CSV.number(signal), CSV.number(noisePerLabel), CSV.number(signalToNoise),
        ]
    }
}

extension ThresholdRow: Codable {
    private enum CodingKeys: String, CodingKey {
        case layer
        case activeFilters = "active_filters"
        case silentFilters = "silent_filters"
        case meanClustersPerFilter = "mean_clusters_per_filter"
        case meanClusterSize = "mean_cluster_size"
        case meanNoise = "mean_noise"
        case signal
        case noisePerLabel = "noise_per_label"
        case signalToNoise = "snr"
    }

    public func encode(to encoder: any Encoder) throws {
        // Undefined figures stand in the file as null, so that every layer has every key.
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(layer, forKey: .layer)
        try container.encode(activeFilters, forKey: .activeFilters)
        try container.encode(silentFilters, forKey: .silentFilters)
        try container.encode(meanClustersPerFilter, forKey: .meanClustersPerFilter)
        try container.encode(meanClusterSize, forKey: .meanClusterSize)
        try container.encode(meanNoise, forKey: .meanNoise)
        try container.encode(signal, forKey: .signal)
        try container.encode(noisePerLabel, forKey: .noisePerLabel)
        try container.encode(signalToNoise, forKey: .signalToNoise)
    }
}
