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
    public func write(summary: RunSummary, layers: [LayerResult], metrics: [MetricPoint]) throws(Problem) -> [String] {
        try makeDirectory()
        var paths = [
            try write(resultJSON(summary), "summary.json"),
            try write(resultJSON(summary.layers), "layers.json"),
            try write(Data(Self.layersCSV(summary.layers).utf8), "layers.csv"),
            try write(Data(Self.filtersCSV(layers).utf8), "filters.csv"),
            try write(Data(Self.clustersCSV(layers, labelNames: summary.labelNames).utf8), "clusters.csv"),
            try write(Data(Self.metricsCSV(metrics).utf8), "metrics.csv"),
        ]
        let further = LayersAtThreshold.all(of: layers)
        if !further.isEmpty {
            paths.append(try write(resultJSON(further), "thresholds.json"))
            paths.append(try write(Data(LayersAtThreshold.csv(further).utf8), "thresholds.csv"))
        }
        return paths
    }

    /// The tables that need no run: `layers.csv`, `filters.csv`, `clusters.csv` and `thresholds.csv`, straight in a directory.
    /// - Returns: the paths of the files written.
    @discardableResult
    public static func writeTables(of layers: [LayerResult], labelNames: [String], to directory: String) throws(Problem) -> [String] {
        let files = ResultFiles(directory: directory)
        try files.makeDirectory()
        return [
            try files.write(Data(layersCSV(layers.map(\.row)).utf8), "layers.csv"),
            try files.write(Data(filtersCSV(layers).utf8), "filters.csv"),
            try files.write(Data(clustersCSV(layers, labelNames: labelNames).utf8), "clusters.csv"),
            try files.write(Data(LayersAtThreshold.csv(LayersAtThreshold.all(of: layers)).utf8), "thresholds.csv"),
        ]
    }

    private init(directory: String) { self.directory = directory }

    private func makeDirectory() throws(Problem) {
        do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
            throw Problem("cannot be made: \(error.localizedDescription)", at: directory, remedy: "check that the disk is writable")
        }
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
                    "\(filter.clusteredLabelCount)", "\(filter.noise)", "\(filter.internalNoise)", "\(filter.externalNoise)",
                    CSV.number(filter.margin),
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
