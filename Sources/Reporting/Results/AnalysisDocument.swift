import Diagnostics
import Foundation
import Mechanism

/// What `analyze --json` writes. Means are over the filters with at least one cluster, null where there is none.
public struct AnalysisDocument: Encodable, Sendable {
    public var threshold: Double
    public var model: String
    public var labels: Int
    public var layers: [LayerResult]
    /// Why accuracies are not given, where they are not.
    public var accuracyNote: String?

    /// Whose samples were looked at, where it was not the test split.
    public var split: String?

    public init(
        threshold: Double, model: String, labels: Int, layers: [LayerResult], accuracyNote: String? = nil, split: String? = nil
    ) {
        self.threshold = threshold
        self.model = model
        self.labels = labels
        self.layers = layers
        self.accuracyNote = accuracyNote
        self.split = split
    }

    private enum CodingKeys: String, CodingKey {
        case threshold, thresholds, labels, model, layers, split
        case accuracyNote = "accuracy_note"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(threshold, forKey: .threshold)
        try container.encode(labels, forKey: .labels)
        try container.encode(model, forKey: .model)
        try container.encodeIfPresent(accuracyNote, forKey: .accuracyNote)
        try container.encodeIfPresent(split, forKey: .split)
        try container.encode(layers.map(Layer.init), forKey: .layers)
        let further = LayersAtThreshold.all(of: layers)
        if !further.isEmpty { try container.encode(further, forKey: .thresholds) }
    }

    private struct Layer: Encodable {
        let result: LayerResult

        enum CodingKeys: String, CodingKey {
            case layer, accuracy, filters
            case meanClustersPerFilter = "mean_clusters_per_filter"
            case meanClusterSize = "mean_cluster_size"
            case meanNoise = "mean_noise"
            case activeFilters = "active_filters"
            case signal
            case noisePerLabel = "noise_per_label"
            case signalToNoise = "snr"
        }

        func encode(to encoder: any Encoder) throws {
            let figures = result.figures
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(result.layer, forKey: .layer)
            try container.encode(result.accuracy, forKey: .accuracy)
            try container.encode(result.filters.map(Filter.init), forKey: .filters)
            try container.encode(figures.active?.clustersPerFilter, forKey: .meanClustersPerFilter)
            try container.encode(figures.active?.clusterSize, forKey: .meanClusterSize)
            try container.encode(figures.active?.noise, forKey: .meanNoise)
            try container.encode(figures.activeFilters, forKey: .activeFilters)
            try container.encode(figures.signal, forKey: .signal)
            try container.encode(figures.noisePerLabel, forKey: .noisePerLabel)
            try container.encode(figures.signalToNoise, forKey: .signalToNoise)
        }
    }

    private struct Filter: Encodable {
        let filter: Int
        let clusters: [[Int]]
        let noise: Int
        let internalNoise: Int
        let margin: Double?

        init(_ result: FilterResult) {
            filter = result.filter
            clusters = result.clusters
            noise = result.noise
            internalNoise = result.internalNoise
            margin = result.margin
        }

        enum CodingKeys: String, CodingKey {
            case filter, clusters, noise, margin
            case internalNoise = "internal_noise"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(filter, forKey: .filter)
            try container.encode(clusters, forKey: .clusters)
            try container.encode(noise, forKey: .noise)
            try container.encode(internalNoise, forKey: .internalNoise)
            try container.encode(margin, forKey: .margin)
        }
    }

    /// Readable JSON with sorted keys and a final line end.
    public func json() throws(Problem) -> Data { try resultJSON(self) }
}

/// JSON as all result files have it: indented, keys sorted, so that two runs differ only where their figures do.
func resultJSON(_ value: some Encodable) throws(Problem) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do { return try encoder.encode(value) + Data("\n".utf8) } catch {
        throw Problem("a figure cannot be written as JSON: \(error)", remedy: "look for NaN or infinity in the run's metrics")
    }
}
