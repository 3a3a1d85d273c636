import Mechanism

/// A layer's figures at one threshold of several, as files show them. Means are over the filters with at least one cluster; null,
/// in CSV an empty field, where no filter has one.
struct ThresholdRow: Encodable {
    let layer: String
    let figures: ThresholdFigures

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

    func encode(to encoder: any Encoder) throws {
        let means = figures.tally.activeMeans
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(layer, forKey: .layer)
        try container.encode(figures.tally.active, forKey: .activeFilters)
        try container.encode(figures.tally.silent, forKey: .silentFilters)
        try container.encode(means?.clustersPerFilter, forKey: .meanClustersPerFilter)
        try container.encode(means?.clusterSize, forKey: .meanClusterSize)
        try container.encode(means?.noise, forKey: .meanNoise)
        try container.encode(figures.signal, forKey: .signal)
        try container.encode(figures.noisePerLabel, forKey: .noisePerLabel)
        try container.encode(figures.signalToNoise, forKey: .signalToNoise)
    }

    static let csvHeader = [
        "threshold", "layer", "active_filters", "silent_filters", "mean_clusters_per_filter", "mean_cluster_size", "mean_noise",
        "signal", "noise_per_label", "snr",
    ]

    var csvFields: [String] {
        let means = figures.tally.activeMeans
        return [
            "\(figures.threshold)", layer, "\(figures.tally.active)", "\(figures.tally.silent)", CSV.number(means?.clustersPerFilter),
            CSV.number(means?.clusterSize), CSV.number(means?.noise), CSV.number(figures.signal), CSV.number(figures.noisePerLabel),
            CSV.number(figures.signalToNoise),
        ]
    }
}
