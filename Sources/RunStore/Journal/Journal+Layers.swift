import Diagnostics

/// Means over a set of filters of a layer (`method.md`, phase 3); nil where there is nothing to take a mean of.
public struct FilterMeans: Hashable, Sendable {
    public var clustersPerFilter: Double?
    public var clusterSize: Double?
    public var noise: Double?
    public var internalNoise: Double?
    public var externalNoise: Double?

    public init(
        clustersPerFilter: Double?, clusterSize: Double?, noise: Double?, internalNoise: Double?, externalNoise: Double?
    ) {
        self.clustersPerFilter = clustersPerFilter
        self.clusterSize = clusterSize
        self.noise = noise
        self.internalNoise = internalNoise
        self.externalNoise = externalNoise
    }
}

/// The figures of one layer.
public struct LayerRow: Hashable, Sendable {
    /// Position from 0.
    public var layer: Int
    public var name: String
    public var filterCount: Int
    /// Of the layer's head on the test split; nil where it cannot be given.
    public var accuracy: Double?
    /// Filters with at least one cluster.
    public var activeFilters: Int
    public var silentFilters: Int
    /// Over the filters with at least one cluster.
    public var active: FilterMeans
    /// Over all filters.
    public var all: FilterMeans
    public var signal: Double
    public var noisePerLabel: Double
    /// Nil: no noise (signal above 0), or nothing said at all (signal 0).
    public var snr: Double?

    public init(
        layer: Int, name: String, filterCount: Int, accuracy: Double?, activeFilters: Int, silentFilters: Int,
        active: FilterMeans, all: FilterMeans, signal: Double, noisePerLabel: Double, snr: Double?
    ) {
        self.layer = layer
        self.name = name
        self.filterCount = filterCount
        self.accuracy = accuracy
        self.activeFilters = activeFilters
        self.silentFilters = silentFilters
        self.active = active
        self.all = all
        self.signal = signal
        self.noisePerLabel = noisePerLabel
        self.snr = snr
    }
}

extension Journal {
    /// Recording a layer again replaces it.
    public func record(_ layer: LayerRow) throws(Problem) {
        try database.execute(
            "INSERT OR REPLACE INTO layers (\(layerColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            layer.layer, layer.name, layer.filterCount, layer.accuracy, layer.activeFilters, layer.silentFilters,
            layer.active.clustersPerFilter, layer.active.clusterSize, layer.active.noise, layer.active.internalNoise,
            layer.active.externalNoise, layer.all.clustersPerFilter, layer.all.clusterSize, layer.all.noise,
            layer.all.internalNoise, layer.all.externalNoise, layer.signal, layer.noisePerLabel, layer.snr)
    }
}

extension JournalReading {
    /// In the network's order.
    public func layers() throws(Problem) -> [LayerRow] {
        try database.rows("SELECT \(layerColumns) FROM layers ORDER BY layer") { row throws(Problem) in
            LayerRow(
                layer: try row.integer(0), name: try row.string(1), filterCount: try row.integer(2),
                accuracy: try row.optionalDouble(3), activeFilters: try row.integer(4), silentFilters: try row.integer(5),
                active: try means(row, from: 6), all: try means(row, from: 11), signal: try row.double(16),
                noisePerLabel: try row.double(17), snr: try row.optionalDouble(18))
        }
    }

    private func means(_ row: Row, from column: Int) throws(Problem) -> FilterMeans {
        FilterMeans(
            clustersPerFilter: try row.optionalDouble(column), clusterSize: try row.optionalDouble(column + 1),
            noise: try row.optionalDouble(column + 2), internalNoise: try row.optionalDouble(column + 3),
            externalNoise: try row.optionalDouble(column + 4))
    }
}

private let layerColumns = """
    layer, name, filters, accuracy, active_filters, silent_filters, mean_clusters_per_filter, mean_cluster_size, mean_noise,
    mean_internal_noise, mean_external_noise, all_mean_clusters_per_filter, all_mean_cluster_size, all_mean_noise,
    all_mean_internal_noise, all_mean_external_noise, signal, noise_per_label, snr
    """
