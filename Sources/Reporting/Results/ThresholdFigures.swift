import Diagnostics
import Foundation
import Mechanism

/// The figures of every layer at one threshold: how N_c, C_s, noise and SNR vary with it.
public struct ThresholdFigures: Codable, Hashable, Sendable {
    public var threshold: Double
    public var layers: [LayerRow]

    public init(threshold: Double, layers: [LayerRow]) {
        self.threshold = threshold
        self.layers = layers
    }

    /// Reads `thresholds.json`; empty where the run has none.
    static func load(resultsPath: String) throws(Problem) -> [ThresholdFigures] {
        let path = resultsPath + "/thresholds.json"
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        do { return try JSONDecoder().decode([ThresholdFigures].self, from: data) } catch {
            throw Problem("is no list of figures by threshold: \(error)", at: path, remedy: "go on with the run: --resume")
        }
    }

    /// One line per threshold and layer.
    static func csv(_ all: [ThresholdFigures]) -> String {
        var csv = CSV(header: [
            "threshold", "layer", "active_filters", "silent_filters", "mean_clusters_per_filter", "mean_cluster_size", "mean_noise",
            "signal", "noise_per_label", "snr",
        ])
        for one in all {
            for row in one.layers {
                csv.append([
                    CSV.number(one.threshold), row.layer, "\(row.activeFilters)", "\(row.silentFilters)", CSV.number(row.meanClustersPerFilter),
                    CSV.number(row.meanClusterSize), CSV.number(row.meanNoise), CSV.number(row.signal), CSV.number(row.noisePerLabel),
                    CSV.number(row.signalToNoise),
                ])
            }
        }
        return csv.text
    }
}
