import Foundation

/// What `bench aggregation` finds. Times are medians of the runs, in milliseconds.
struct AggregationBenchResult: Encodable {
    let bench = "aggregation"
    /// Million bytes of float32 gradients from each worker, and of the sum that each gets.
    let megabytes: Int
    let workers: Int
    let transport: String
    /// From the first worker's start of sending to the last worker's having the sum.
    let milliseconds: Double
    /// Of each run, in order.
    let runs: [Double]
    /// Until the coordinator has all gradients, and has added up all but the last two.
    let gradientMilliseconds: Double
    /// The last addition.
    let additionMilliseconds: Double
    /// From there until the last worker has the sum.
    let sumMilliseconds: Double
    /// Bytes of all frames of a run, both ways, and of the run's few small messages.
    let bytesPerRun: Int
    /// Every process's own peak added up, less what several of them map in common, which counts once.
    let peakMemoryBytes: Int
    /// The same of each alone: the coordinator first.
    let processBytes: [Int]
    let kernels: String

    private enum CodingKeys: String, CodingKey {
        case bench, megabytes, workers, transport, milliseconds, runs
        case gradientMilliseconds = "gradient_milliseconds"
        case additionMilliseconds = "addition_milliseconds"
        case sumMilliseconds = "sum_milliseconds"
        case bytesPerRun = "bytes_per_run"
        case peakMemoryBytes = "peak_memory_bytes"
        case processBytes = "process_bytes"
        case kernels
    }

    var text: String {
        """
        aggregation: \(BenchText.rate(milliseconds)) ms, the median of \(runs.count) runs \
        (\(BenchText.rate(runs.min() ?? 0)) to \(BenchText.rate(runs.max() ?? 0)))
        \(megabytes) MB of gradients from each of \(workers) \(workers == 1 ? "process" : "processes"), added up and sent back; \(way)
        gradients \(BenchText.rate(gradientMilliseconds)) ms, last addition \(BenchText.rate(additionMilliseconds)) ms, sum back \
        \(BenchText.rate(sumMilliseconds)) ms
        sent through sockets in a run: \(BenchText.megabytes(bytesPerRun)) MB
        peak memory \(BenchText.mebibytes(peakMemoryBytes)): coordinator and workers \
        \(processBytes.map(BenchText.mebibytes).joined(separator: ", "))
        \(kernels)

        """
    }

    private var way: String {
        switch AggregationOptions.Transport(rawValue: transport) {
        case .memory?: "in memory that the processes have in common"
        case .ipc?: "in frames through a Unix domain socket"
        case .curve?: "in encrypted frames (CURVE) over loopback TCP"
        case .tcp?, nil: "in frames over loopback TCP"
        }
    }
}
