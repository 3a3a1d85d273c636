import Foundation

/// What `bench filters` finds.
struct FilterBenchResult: Encodable {
    let labels: Int
    let filters: Int
    let positions: Int
    let filtersPerUnit: Int
    let workers: Int
    let threads: Int
    /// Synthetic images whose activations were added up.
    let images: Int
    /// Drawing and adding up the activations, in the coordinator.
    let labelMeansSeconds: Double
    /// From the first unit dealt to the last result: what phase 3 takes once activations are there.
    let filtersSeconds: Double
    /// VmHWM of the coordinator, and of each worker.
    let coordinatorPeakBytes: Int
    let workerPeakBytes: [Int]
    let activeFilters: Int
    let clustersPerFilter: Double?
    let clusterSize: Double?
    let noise: Double?
    let kernels: String

    private enum CodingKeys: String, CodingKey {
        case labels, filters, positions, workers, threads, images, noise, kernels
        case filtersPerUnit = "filters_per_unit"
        case labelMeansSeconds = "label_means_seconds"
        case filtersSeconds = "filters_seconds"
        case coordinatorPeakBytes = "coordinator_peak_bytes"
        case workerPeakBytes = "worker_peak_bytes"
        case activeFilters = "active_filters"
        case clustersPerFilter = "mean_clusters_per_filter"
        case clusterSize = "mean_cluster_size"
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    var text: String {
        func figure(_ value: Double?) -> String { value.map(BenchText.factor) ?? "none" }
        return """
            filters: \(BenchText.factor(filtersSeconds)) s for \(filters) filters of \(positions) positions and \(labels) labels
            \(workers) \(workers == 1 ? "worker" : "workers") of \(threads) \(threads == 1 ? "thread" : "threads"), \(filtersPerUnit) filters in a unit; before it \(BenchText.factor(labelMeansSeconds)) s \
            for the means of \(images) images
            peak memory: coordinator \(BenchText.mebibytes(coordinatorPeakBytes)), workers \
            \(workerPeakBytes.map(BenchText.mebibytes).joined(separator: ", "))
            \(activeFilters) filters with a cluster: \(figure(clustersPerFilter)) clusters of \(figure(clusterSize)) labels, noise \(figure(noise))
            \(kernels)

            """
    }
}
