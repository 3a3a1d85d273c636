import Foundation

/// What `bench training` and `bench inference` find.
struct BenchResult: Encodable {
    let bench: String
    let model: String
    let batch: Int
    /// Samples that one thread computes at a time.
    let shard: Int
    let threads: Int
    let workers: Int
    /// Optimizer steps or batches of each run.
    let stepsPerRun: Int
    /// The median of `runs`.
    let imagesPerSecond: Double
    /// Images per second of each run, in order.
    let runs: [Double]
    /// Of all processes together; memory that several of them map counts in each.
    let peakMemoryBytes: Int
    /// Instruction set and BLAS core.
    let kernels: String

    private enum CodingKeys: String, CodingKey {
        case bench, model, batch, shard, threads, workers
        case stepsPerRun = "steps_per_run"
        case imagesPerSecond = "images_per_second"
        case runs
        case peakMemoryBytes = "peak_memory_bytes"
        case kernels
    }

    var text: String {
        """
        \(bench): \(String(format: "%.1f", imagesPerSecond)) images/s, the median of \(runs.count) runs \
        (\(runs.map { String(format: "%.1f", $0) }.joined(separator: ", ")))
        \(model); batch \(batch), shards of \(shard), \(threads) threads
        peak memory \(String(format: "%.1f", Double(peakMemoryBytes) / 1_048_576)) MiB; \(kernels)

        """
    }
}

/// The middle value; the mean of the two middle ones where their number is even.
/// - Precondition: not empty.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
