import Diagnostics
import Foundation
import Mechanism
import Tensors

/// Writes the files of a run directory's `results/`: `summary.json`, `layers.json`, `layers.csv`, `filters.csv`,
/// `clusters.csv` and `metrics.csv`. Each is whole or absent.
public struct ResultFiles: Sendable {
    public let directory: String

    /// - Parameter runDirectory: the run's directory; `results/` is made where it is missing.
    public init(runDirectory: String) { directory = runDirectory + "/results" }

    /// - Returns: the paths of the files written.
    @discardableResult
    public func write(summary: RunSummary, layers: [LayerResult], further: [ThresholdFigures] = [], metrics: [MetricPoint]) throws(Problem) -> [String] {
        do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
            throw Problem("cannot be made: \(error.localizedDescription)", at: directory, remedy: "check that the disk is writable")
        }
        return [
            try write(resultJSON(summary), "summary.json"),
            try write(resultJSON(summary.layers), "layers.json"),
            try write(Data(Self.layersCSV(summary.layers).utf8), "layers.csv"),
            try write(Data(Self.filtersCSV(layers).utf8), "filters.csv"),
            try write(Data(Self.clustersCSV(layers, labelNames: summary.labelNames).utf8), "clusters.csv"),
            try write(Data(Self.metricsCSV(metrics).utf8), "metrics.csv"),
        ] + (further.isEmpty ? [] : [
            try write(resultJSON(further), "thresholds.json"), try write(Data(ThresholdFigures.csv(further).utf8), "thresholds.csv"),
        ])
    }

    /// The files of layers and filters alone, for a network that is no run's: `layers.csv`, `filters.csv`, `clusters.csv`, and
    /// `thresholds.csv` where there are further thresholds.
    public static func writeCSV(
        _ layers: [LayerResult], further: [ThresholdFigures], labelNames: [String], to directory: String
    ) throws(Problem) {
        do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
            throw Problem("cannot be made: \(error.localizedDescription)", at: directory, remedy: "check that the disk is writable")
        }
        var files = [
            ("layers.csv", layersCSV(layers.map(\.row))), ("filters.csv", filtersCSV(layers)),
            ("clusters.csv", clustersCSV(layers, labelNames: labelNames)),
        ]
        if !further.isEmpty { files.append(("thresholds.csv", ThresholdFigures.csv(further))) }
        for (name, text) in files { try DurableFile.write(Data(text.utf8), to: directory + "/" + name) }
    }

    private func write(_ data: Data, _ name: String) throws(Problem) -> String {
        let path = directory + "/" + name
        try DurableFile.write(data, to: path)
        return path
    }

    /// One line per layer, the columns named as in `summary.json`.
    public static func layersCSV(_ rows: [LayerRow]) -> String {
        var csv = CSV(header: [
            "layer", "accuracy", "filters", "active_filters", "silent_filters", "mean_clusters_per_filter", "mean_cluster_size",
            "mean_noise", "mean_internal_noise", "mean_external_noise", "signal", "noise_per_label", "snr",
        ])
        for row in rows {
            csv.append([
                row.layer, CSV.number(row.accuracy), "\(row.filters)", "\(row.activeFilters)", "\(row.silentFilters)",
                CSV.number(row.meanClustersPerFilter), CSV.number(row.meanClusterSize), CSV.number(row.meanNoise),
                CSV.number(row.meanInternalNoise), CSV.number(row.meanExternalNoise), CSV.number(row.signal),
                CSV.number(row.noisePerLabel), CSV.number(row.signalToNoise),
            ])
        }
        return csv.text
    }

    /// One line per filter.
    public static func filtersCSV(_ layers: [LayerResult]) -> String {
        var csv = CSV(header: ["layer", "filter", "top", "silent", "clusters", "clustered_labels", "noise", "internal_noise", "external_noise", "margin"])
        for layer in layers {
            for filter in layer.filters {
                csv.append([
                    layer.layer, "\(filter.filter)", "\(filter.top)", filter.silent ? "1" : "0", "\(filter.clusters.count)",
                    "\(filter.clusteredLabelCount)", "\(filter.noise)", "\(filter.internalNoise)", "\(filter.externalNoise)", CSV.number(filter.margin),
                ])
            }
        }
        return csv.text
    }

    /// One line per cluster; its labels by number, and by name, separated by spaces and semicolons.
    public static func clustersCSV(_ layers: [LayerResult], labelNames: [String]) -> String {
        var csv = CSV(header: ["layer", "filter", "cluster", "size", "labels", "label_names"])
        for layer in layers {
            for filter in layer.filters {
                for (index, cluster) in filter.clusters.enumerated() {
                    csv.append([
                        layer.layer, "\(filter.filter)", "\(index)", "\(cluster.count)",
                        cluster.map(String.init).joined(separator: " "),
                        cluster.map { labelNames.indices.contains($0) ? labelNames[$0] : "\($0)" }.joined(separator: "; "),
                    ])
                }
            }
        }
        return csv.text
    }

    /// One line per measured value; `layer` is empty for the network's own.
    public static func metricsCSV(_ metrics: [MetricPoint]) -> String {
        var csv = CSV(header: ["phase", "name", "layer", "step", "epoch", "value"])
        for point in metrics {
            csv.append([point.phase, point.name, point.layer ?? "", "\(point.step)", "\(point.epoch)", "\(point.value)"])
        }
        return csv.text
    }
}
