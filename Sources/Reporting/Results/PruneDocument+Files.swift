import Diagnostics
import Foundation
import Tensors

extension PruneDocument {
    /// Writes `results/prune.json` and `results/prune.csv`.
    public func write(resultsPath: String) throws(Problem) {
        try DurableFile.write(try resultJSON(self), to: resultsPath + "/prune.json")
        try DurableFile.write(Data(csv.utf8), to: resultsPath + "/prune.csv")
    }

    /// One variant as it stands in the journal.
    public static func layersJSON(_ layers: [Layer]) throws(Problem) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do { return String(decoding: try encoder.encode(layers), as: UTF8.self) } catch {
            throw Problem("pruned layers cannot be written: \(error)")
        }
    }

    public static func layers(json: String) throws(Problem) -> [Layer] {
        do { return try JSONDecoder().decode([Layer].self, from: Data(json.utf8)) } catch {
            throw Problem("pruned layers cannot be read: \(error)", remedy: "prune anew in a fresh run directory")
        }
    }

    public static func load(resultsPath: String) throws(Problem) -> PruneDocument? {
        let path = resultsPath + "/prune.json"
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        do { return try JSONDecoder().decode(PruneDocument.self, from: data) } catch {
            throw Problem("is not a pruning's result: \(error)", at: path, remedy: "prune again: filterscope prune --run DIR")
        }
    }

    /// One line per pruned network.
    var csv: String {
        var csv = CSV(header: [
            "method", "threshold", "density", "accuracy_before", "accuracy_masked", "accuracy_retrained", "parameters_kept",
            "multiply_adds_kept", "weights", "weights_sha256", "compact_multiply_adds", "compact_images_per_second",
            "dense_images_per_second",
        ])
        for variant in variants {
            csv.append([
                variant.method.rawValue, CSV.number(variant.threshold), CSV.number(variant.density), CSV.number(accuracy),
                CSV.number(variant.accuracyMasked), CSV.number(variant.accuracyRetrained), "\(variant.parametersKept)",
                "\(variant.multiplyAddsKept)", variant.weights, variant.weightsSHA256,
                variant.compact.map { "\($0.multiplyAdds)" } ?? "", CSV.number(variant.compact?.imagesPerSecond),
                CSV.number(variant.compact?.imagesPerSecondDense),
            ])
        }
        return csv.text
    }
}
