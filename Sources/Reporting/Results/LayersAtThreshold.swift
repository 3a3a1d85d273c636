import Diagnostics
import Foundation

/// Every layer's figures at one threshold: how N_c, C_s, noise and SNR vary with it.
public struct LayersAtThreshold: Codable, Hashable, Sendable {
    public var threshold: Double
    public var layers: [ThresholdRow]

    public init(threshold: Double, layers: [ThresholdRow]) {
        self.threshold = threshold
        self.layers = layers
    }

    /// Threshold by threshold, of layers that hold their figures at each; empty where no further threshold was asked for.
    static func all(of layers: [LayerResult]) -> [LayersAtThreshold] {
        guard let first = layers.first else { return [] }
        return first.thresholds.indices.map { index in
            LayersAtThreshold(threshold: first.thresholds[index].threshold, layers: layers.map { layer in
                ThresholdRow(layer: layer.layer, figures: layer.thresholds[index])
            })
        }
    }

    /// Reads `thresholds.json`; empty where the run has none.
    static func load(resultsPath: String) throws(Problem) -> [LayersAtThreshold] {
        let path = resultsPath + "/thresholds.json"
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        do { return try JSONDecoder().decode([LayersAtThreshold].self, from: data) } catch {
            throw Problem("is no list of figures by threshold: \(error)", at: path, remedy: "go on with the run: --resume")
        }
    }

    /// One line per threshold and layer.
    static func csv(_ all: [LayersAtThreshold]) -> String {
        var csv = CSV(header: ThresholdRow.csvHeader)
        for one in all {
            for row in one.layers { csv.append(row.csvFields(threshold: one.threshold)) }
        }
        return csv.text
    }
}
