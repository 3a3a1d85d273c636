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
    /// Bytes of the arena that each lane, one for each thread, takes all its buffers from.
    let laneBytes: Int
    /// The most that was ever in memory. With workers the sum of every process's own peak, the coordinator's among them, less what
    /// several of them map in common, which counts once (`ProcessMemory.peakBytes(of:)`).
    let peakMemoryBytes: Int
    /// Instruction set and BLAS core.
    let kernels: String
    /// Of the timed runs, where it was asked for.
    var profile: ProfileResult?

    private enum CodingKeys: String, CodingKey {
        case bench, model, batch, shard, threads, workers
        case stepsPerRun = "steps_per_run"
        case imagesPerSecond = "images_per_second"
        case runs
        case laneBytes = "lane_bytes"
        case peakMemoryBytes = "peak_memory_bytes"
        case kernels, profile
    }

    var text: String {
        let lanes = "\(workers > 0 ? "\(workers) workers of " : "")\(threads) threads"
        return """
            \(bench): \(BenchText.rate(imagesPerSecond)) images/s, the median of \(runs.count) runs \
            (\(runs.map(BenchText.rate).joined(separator: ", ")))
            \(model); batch \(batch), shards of \(shard), \(lanes)
            peak memory \(BenchText.mebibytes(peakMemoryBytes)), of which each lane's arena \(BenchText.mebibytes(laneBytes))
            \(kernels)

            """ + (profile.map { "\n" + $0.text } ?? "")
    }
}
