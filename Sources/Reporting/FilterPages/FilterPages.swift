import Diagnostics
import Foundation
import Mechanism
import RunStore
import Tensors

/// The folder `filters/` of a run: a page for each layer, on which every filter can be looked up, and the pictures that it shows.
enum FilterPages {
    static let folder = "filters"

    /// Makes all pages anew from label means and heads.
    /// - Returns: by layer, the page's address from the run's directory, and what was measured for it.
    static func write(
        _ summary: RunSummary, in directory: RunDirectory
    ) throws(Problem) -> (addresses: [String: String], results: [String: [FilterResult]]) {
        guard !summary.layers.isEmpty else { return ([:], [:]) }
        let folder = directory.file(Self.folder)
        do {
            if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Problem("cannot be made anew: \(error.localizedDescription)", at: folder, remedy: "check that the disk is writable")
        }
        let means = try SafetensorsFile(path: directory.file("results/label-means.safetensors"))
        let heads = try SafetensorsFile(path: directory.file("checkpoints/heads.safetensors"))
        let names = fileNames(summary.layers.map(\.layer))
        var written: (addresses: [String: String], results: [String: [FilterResult]]) = ([:], [:])
        for (index, row) in summary.layers.enumerated() {
            let weights = try HeadWeights(
                file: heads, layer: row.layer, labelMeans: try means.floats("label_means.\(row.layer)"), headPool: summary.headPool)
            let name = names[index]
            let results = try FilterSheet.drawAll(weights, labels: summary.labels, threshold: summary.threshold, layer: row.layer) {
                (sheet, png) throws(Problem) in try DurableFile.write(png, to: "\(folder)/\(name)-\(sheet + 1).png")
            }
            let page = FilterPage(summary: summary, layer: index, fileNames: names, results: results)
            try DurableFile.write(Data(try page.html.utf8), to: "\(folder)/\(name).html")
            written.addresses[row.layer] = "\(Self.folder)/\(name).html"
            written.results[row.layer] = results
        }
        return written
    }

    /// Layers' names where they can be names of files and addresses as they are, `layer-1`, `layer-2`, … otherwise.
    static func fileNames(_ layers: [String]) -> [String] {
        let isPlain = layers.allSatisfy { name in
            !name.isEmpty && name.count <= 60
                && name.utf8.allSatisfy { $0 == 0x2D || $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
        }
        // Some file systems take upper and lower case for the same.
        let isUnique = Set(layers.map { $0.lowercased() }).count == layers.count
        return isPlain && isUnique ? layers : layers.indices.map { "layer-\($0 + 1)" }
    }
}
