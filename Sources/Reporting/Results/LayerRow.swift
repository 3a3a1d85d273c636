import Mechanism

/// One layer's figures as files and tables show them. Means are over the filters with at least one cluster; nil (in JSON
/// null, in CSV an empty field) where no filter has one.
public struct LayerRow: Hashable, Sendable {
    public var layer: String
    /// Test accuracy of the layer's head, 0 to 1; nil where the labels of head and data set differ in number.
    public var accuracy: Double?
    public var filters: Int
    public var activeFilters: Int
    public var silentFilters: Int
    public var meanClustersPerFilter: Double?
    public var meanClusterSize: Double?
    public var meanNoise: Double?
    public var meanInternalNoise: Double?
    public var meanExternalNoise: Double?
    public var signal: Double
    public var noisePerLabel: Double
    public var signalToNoise: SignalToNoise
    /// The same means over all filters; nil for a layer without filters.
    public var allFilters: LayerFigures.Means?
    /// Element s counts the clusters of s + 1 labels.
    public var clusterSizeCounts: [Int]

    public init(accuracy: Double?, figures: LayerFigures) {
        layer = figures.layer
        self.accuracy = accuracy
        filters = figures.filterCount
        activeFilters = figures.activeFilters
        silentFilters = figures.silentFilters
        meanClustersPerFilter = figures.active?.clustersPerFilter
        meanClusterSize = figures.active?.clusterSize
        meanNoise = figures.active?.noise
        meanInternalNoise = figures.active?.internalNoise
        meanExternalNoise = figures.active?.externalNoise
        signal = figures.signal
        noisePerLabel = figures.noisePerLabel
        signalToNoise = figures.signalToNoise
        allFilters = figures.all
        clusterSizeCounts = figures.clusterSizeCounts
    }
}

extension LayerRow: Codable {
    private enum CodingKeys: String, CodingKey {
        case layer, accuracy, filters
        case activeFilters = "active_filters"
        case silentFilters = "silent_filters"
        case meanClustersPerFilter = "mean_clusters_per_filter"
        case meanClusterSize = "mean_cluster_size"
        case meanNoise = "mean_noise"
        case meanInternalNoise = "mean_internal_noise"
        case meanExternalNoise = "mean_external_noise"
        case signal
        case noisePerLabel = "noise_per_label"
        case signalToNoise = "snr"
        case allFilters = "all_filters"
        case clusterSizeCounts = "cluster_size_counts"
    }

    private struct AllFilters: Codable {
        var mean_clusters_per_filter: Double
        var mean_cluster_size: Double?
        var mean_noise: Double
        var mean_internal_noise: Double
        var mean_external_noise: Double
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        layer = try container.decode(String.self, forKey: .layer)
        accuracy = try container.decodeIfPresent(Double.self, forKey: .accuracy)
        filters = try container.decode(Int.self, forKey: .filters)
        activeFilters = try container.decode(Int.self, forKey: .activeFilters)
        silentFilters = try container.decode(Int.self, forKey: .silentFilters)
        meanClustersPerFilter = try container.decodeIfPresent(Double.self, forKey: .meanClustersPerFilter)
        meanClusterSize = try container.decodeIfPresent(Double.self, forKey: .meanClusterSize)
        meanNoise = try container.decodeIfPresent(Double.self, forKey: .meanNoise)
        meanInternalNoise = try container.decodeIfPresent(Double.self, forKey: .meanInternalNoise)
        meanExternalNoise = try container.decodeIfPresent(Double.self, forKey: .meanExternalNoise)
        signal = try container.decode(Double.self, forKey: .signal)
        noisePerLabel = try container.decode(Double.self, forKey: .noisePerLabel)
        signalToNoise = try container.decode(SignalToNoise.self, forKey: .signalToNoise)
        allFilters = try container.decodeIfPresent(AllFilters.self, forKey: .allFilters).map {
            LayerFigures.Means(
                clustersPerFilter: $0.mean_clusters_per_filter, clusterSize: $0.mean_cluster_size, noise: $0.mean_noise,
                internalNoise: $0.mean_internal_noise, externalNoise: $0.mean_external_noise)
        }
        clusterSizeCounts = try container.decode([Int].self, forKey: .clusterSizeCounts)
    }

    public func encode(to encoder: any Encoder) throws {
        // Undefined figures stand in the file as null, so that every layer has every key.
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(layer, forKey: .layer)
        try container.encode(accuracy, forKey: .accuracy)
        try container.encode(filters, forKey: .filters)
        try container.encode(activeFilters, forKey: .activeFilters)
        try container.encode(silentFilters, forKey: .silentFilters)
        try container.encode(meanClustersPerFilter, forKey: .meanClustersPerFilter)
        try container.encode(meanClusterSize, forKey: .meanClusterSize)
        try container.encode(meanNoise, forKey: .meanNoise)
        try container.encode(meanInternalNoise, forKey: .meanInternalNoise)
        try container.encode(meanExternalNoise, forKey: .meanExternalNoise)
        try container.encode(signal, forKey: .signal)
        try container.encode(noisePerLabel, forKey: .noisePerLabel)
        try container.encode(signalToNoise, forKey: .signalToNoise)
        try container.encode(
            allFilters.map {
                AllFilters(
                    mean_clusters_per_filter: $0.clustersPerFilter, mean_cluster_size: $0.clusterSize, mean_noise: $0.noise,
                    mean_internal_noise: $0.internalNoise, mean_external_noise: $0.externalNoise)
            }, forKey: .allFilters)
        try container.encode(clusterSizeCounts, forKey: .clusterSizeCounts)
    }
}
