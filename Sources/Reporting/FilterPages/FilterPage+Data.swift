import Diagnostics
import Foundation
import Mechanism

extension FilterPage {
    private struct Contents: Encodable {
        let labels: [String]
        /// Pixels of a picture's side in its sheet.
        let side: Int
        /// Labels of each pixel's side.
        let block: Int
        let columns: Int
        let capacity: Int
        let sheets: [String]
        let filters: [Filter]
    }

    /// Short keys, since there may be thousands of filters.
    private struct Filter: Encodable {
        /// Number, clusters, internal and external noise, SNR, margin, silent.
        let n: Int
        let c: [[Int]]
        let i: Int
        let e: Int
        let s: SignalToNoise
        let m: Double?
        let q: Bool
    }

    /// All that the script works on, safe to stand in a `script` element.
    var data: String {
        get throws(Problem) {
            let tile = FilterTile(labels: summary.labels)
            let contents = Contents(
                labels: summary.labelNames.map(TextColumns.printable), side: tile.side, block: tile.block, columns: FilterSheet.columns,
                capacity: FilterSheet.capacity,
                sheets: FilterSheet.ranges(of: results.count).indices.map { "\(fileNames[layer])-\($0 + 1).png" },
                filters: results.map { result in
                    Filter(
                        n: result.filter, c: result.clusters, i: result.internalNoise, e: result.externalNoise,
                        s: LayerFigures(layer: "", labels: summary.labels, filters: [result]).signalToNoise, m: result.margin, q: result.silent)
                })
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let json: Data
            do { json = try encoder.encode(contents) } catch {
                throw Problem("figures of \(summary.layers[layer].layer) cannot be written as JSON: \(error)")
            }
            // No tag, comment or entity can begin in it; JSON's own syntax has none of these.
            return String(decoding: json, as: UTF8.self).replacing("<", with: "\\u003c").replacing(">", with: "\\u003e").replacing("&", with: "\\u0026")
        }
    }
}
