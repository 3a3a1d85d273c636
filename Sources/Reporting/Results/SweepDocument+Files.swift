import Diagnostics
import Foundation
import RunStore
import Tensors

extension SweepDocument {
    private static let file = "sweep.json"

    /// Whether a directory is a sweep's, with results.
    public static func exists(in directory: RunDirectory) -> Bool {
        FileManager.default.fileExists(atPath: directory.result(file))
    }

    /// Writes `results/sweep.json` and `results/sweep.csv`.
    public func write(to directory: RunDirectory) throws(Problem) {
        try DurableFile.write(try resultJSON(self), to: directory.result(Self.file))
        try DurableFile.write(Data(csv.utf8), to: directory.result("sweep.csv"))
    }

    public static func load(from directory: RunDirectory) throws(Problem) -> SweepDocument {
        let path = directory.result(file)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Problem("cannot be read", at: path, remedy: "name a sweep's directory whose points are finished")
        }
        do { return try JSONDecoder().decode(SweepDocument.self, from: data) } catch {
            throw Problem("is not a sweep's result: \(error)", at: path, remedy: "go on with the sweep: filterscope sweep … --resume")
        }
    }

    /// One line per point.
    var csv: String {
        var csv = CSV(header: [
            "labels", "seed", "test_accuracy", "head_accuracy", "filters", "active_filters", "mean_clusters_per_filter",
            "mean_cluster_size", "mean_noise", "signal", "noise_per_label", "snr", "weights_sha256", "wall_seconds",
        ])
        for point in points {
            csv.append([
                "\(point.labels)", "\(point.seed)", CSV.number(point.testAccuracy), CSV.number(point.headAccuracy), "\(point.filters)",
                "\(point.activeFilters)", CSV.number(point.meanClustersPerFilter), CSV.number(point.meanClusterSize),
                CSV.number(point.meanNoise), CSV.number(point.signal), CSV.number(point.noisePerLabel), CSV.number(point.signalToNoise),
                point.weightsSHA256, CSV.number(point.wallSeconds),
            ])
        }
        return csv.text
    }
}
