/// Whole numbers added up over filters of one layer at one threshold: all that a layer's figures are made of. Sums of whole numbers
/// are exact, so neither the order of filters nor how they are cut into ranges changes a figure.
public struct FilterTally: Codable, Hashable, Sendable {
    public var filters = 0
    /// Filters with at least one cluster.
    public var active = 0
    /// Filters whose field has no positive element.
    public var silent = 0
    public var clusters = 0
    /// Labels in clusters.
    public var clusteredLabels = 0
    /// Noise of all filters, and the internal part of it.
    public var noise = 0
    public var internalNoise = 0
    /// The same of the filters with at least one cluster.
    public var activeNoise = 0
    public var activeInternalNoise = 0

    public init() {}

    public init(_ filters: [FilterResult]) {
        for filter in filters { add(filter) }
    }

    public mutating func add(_ filter: FilterResult) {
        filters += 1
        if filter.silent { silent += 1 }
        clusters += filter.clusters.count
        clusteredLabels += filter.clusteredLabelCount
        noise += filter.noise
        internalNoise += filter.internalNoise
        guard filter.isActive else { return }
        active += 1
        activeNoise += filter.noise
        activeInternalNoise += filter.internalNoise
    }

    /// Adds the numbers of other filters.
    public mutating func merge(_ other: FilterTally) {
        values = zip(values, other.values).map { $0 + $1 }
    }

    /// The numbers in the order of the fields.
    public var values: [Int] {
        get { [filters, active, silent, clusters, clusteredLabels, noise, internalNoise, activeNoise, activeInternalNoise] }
        set {
            precondition(newValue.count == Self.valueCount, "\(newValue.count) numbers for a tally")
            (filters, active, silent) = (newValue[0], newValue[1], newValue[2])
            (clusters, clusteredLabels) = (newValue[3], newValue[4])
            (noise, internalNoise, activeNoise, activeInternalNoise) = (newValue[5], newValue[6], newValue[7], newValue[8])
        }
    }

    public static let valueCount = 9

    /// Means over the filters with at least one cluster; nil where there is none.
    public var activeMeans: LayerFigures.Means? { means(over: active, noise: activeNoise, internalNoise: activeInternalNoise) }
    /// Means over all filters; nil where there are none.
    public var allMeans: LayerFigures.Means? { means(over: filters, noise: noise, internalNoise: internalNoise) }

    private func means(over filters: Int, noise: Int, internalNoise: Int) -> LayerFigures.Means? {
        guard filters > 0 else { return nil }
        let count = Double(filters)
        return LayerFigures.Means(
            clustersPerFilter: Double(clusters) / count,
            clusterSize: clusters > 0 ? Double(clusteredLabels) / Double(clusters) : nil, noise: Double(noise) / count,
            internalNoise: Double(internalNoise) / count, externalNoise: Double(noise - internalNoise) / count)
    }

    /// S = (Σ_f Σ_clusters size) / K.
    public func signal(labels: Int) -> Double { labels > 0 ? Double(clusteredLabels) / Double(labels) : 0 }

    /// N = (Σ_f noise_f) / (K·(K−1)); 0 for K = 1, where there is no other label.
    public func noisePerLabel(labels: Int) -> Double {
        labels > 1 ? Double(noise) / (Double(labels) * Double(labels - 1)) : 0
    }
}

/// What a layer's filters say at one threshold of several.
public struct ThresholdFigures: Hashable, Sendable {
    public var threshold: Double
    public var labels: Int
    public var tally: FilterTally

    public init(threshold: Double, labels: Int, tally: FilterTally = FilterTally()) {
        self.threshold = threshold
        self.labels = labels
        self.tally = tally
    }

    public var signal: Double { tally.signal(labels: labels) }
    public var noisePerLabel: Double { tally.noisePerLabel(labels: labels) }
    public var signalToNoise: SignalToNoise { SignalToNoise(signal: signal, noise: noisePerLabel) }
}
