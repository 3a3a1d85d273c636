/// The figures of one layer, from the results of its filters (`method.md`, phase 3).
public struct LayerFigures: Hashable, Sendable {
    /// Means over a set of filters.
    public struct Means: Codable, Hashable, Sendable {
        /// N_c, clusters per filter.
        public var clustersPerFilter: Double
        /// C_s, labels per cluster, over the clusters of all the filters; nil where there is no cluster.
        public var clusterSize: Double?
        /// Per filter.
        public var noise: Double
        public var internalNoise: Double
        public var externalNoise: Double

        public init(
            clustersPerFilter: Double, clusterSize: Double?, noise: Double, internalNoise: Double, externalNoise: Double
        ) {
            self.clustersPerFilter = clustersPerFilter
            self.clusterSize = clusterSize
            self.noise = noise
            self.internalNoise = internalNoise
            self.externalNoise = externalNoise
        }
    }

    public let layer: String
    public let labels: Int
    public let filterCount: Int
    /// Filters with at least one cluster.
    public let activeFilters: Int
    /// Filters whose field has no positive element.
    public let silentFilters: Int
    /// Means over the filters with at least one cluster; nil where there is none.
    public let active: Means?
    /// Means over all filters; nil for a layer without filters.
    public let all: Means?
    /// S = (Σ_f Σ_clusters size) / K, over all filters: how many filters vouch for an input's own label.
    public let signal: Double
    /// N = (Σ_f noise_f) / (K·(K−1)), over all filters: how many filters speak for one given other label outside any
    /// cluster. 0 for K = 1, where there is no other label.
    public let noisePerLabel: Double
    public let signalToNoise: SignalToNoise
    /// Number of clusters of each size: element s counts the clusters of s + 1 labels, up to the largest size found.
    public let clusterSizeCounts: [Int]

    public init(layer: String, labels: Int, filters: [FilterResult]) {
        self.layer = layer
        self.labels = labels
        let tally = FilterTally(filters)
        filterCount = tally.filters
        activeFilters = tally.active
        silentFilters = tally.silent
        active = tally.activeMeans
        all = tally.allMeans
        signal = tally.signal(labels: labels)
        noisePerLabel = tally.noisePerLabel(labels: labels)
        signalToNoise = SignalToNoise(signal: signal, noise: noisePerLabel)
        var counts: [Int] = []
        for cluster in filters.lazy.flatMap(\.clusters) {
            if counts.count < cluster.count { counts += [Int](repeating: 0, count: cluster.count - counts.count) }
            counts[cluster.count - 1] += 1
        }
        clusterSizeCounts = counts
    }
}
