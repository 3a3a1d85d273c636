import Datasets
import Diagnostics
import Foundation

/// What `filterscope bench data` takes.
public struct DataBenchOptions: Sendable {
    /// The data set's specification.
    public var dataset: String
    /// Nil for one per core.
    public var threads: Int?
    /// Timed runs of each kind, of which the median counts.
    public var runs: Int
    /// Seconds of each run.
    public var seconds: Double
    public var json: Bool

    public init(dataset: String, threads: Int?, runs: Int, seconds: Double, json: Bool) {
        self.dataset = dataset
        self.threads = threads
        self.runs = runs
        self.seconds = seconds
        self.json = json
    }
}

/// What `filterscope bench data` finds.
struct DataBenchResult: Encodable {
    struct Figure: Encodable {
        /// Images per second, the median of `runs`.
        let imagesPerSecond: Double
        let imagesPerSecondPerThread: Double
        let runs: [Double]

        private enum CodingKeys: String, CodingKey {
            case imagesPerSecond = "images_per_second"
            case imagesPerSecondPerThread = "images_per_second_per_thread"
            case runs
        }
    }

    let dataset: String
    let size: Int
    let threads: Int
    let bytesPerImage: Double
    let training: Figure
    let evaluation: Figure

    private enum CodingKeys: String, CodingKey {
        case dataset, size, threads, training, evaluation
        case bytesPerImage = "bytes_per_image"
    }

    var text: String {
        func line(_ name: String, _ figure: Figure) -> String {
            let runs = figure.runs.map { String(format: "%.1f", $0) }.joined(separator: ", ")
            return String(format: "%@: %.1f images/s, %.1f per thread; runs ", name, figure.imagesPerSecond, figure.imagesPerSecondPerThread)
                + runs + "\n"
        }
        return line("training", training) + line("evaluation", evaluation)
            + String(format: "%@ at %dx%d, %d threads, %.1f kB per stored image\n", dataset, size, size, threads, bytesPerImage / 1_000)
    }
}

/// `filterscope bench data`: how fast stored samples become network input, with the changes of training and as evaluation
/// takes them, in turn.
public func benchData(_ options: DataBenchOptions) throws -> ExitCode {
    let dataset = try openDataset(try DatasetSpecification(options.dataset), splits: [.train])
    let split = dataset.split(.train)
    let threads = options.threads ?? ProcessInfo.processInfo.activeProcessorCount
    func speed(_ augment: Bool, _ seconds: Double) throws(Problem) -> PreparationSpeed {
        try PreparationSpeed.measure(split, dataset.preprocessing, augment: augment, threads: threads, seconds: seconds)
    }
    // Fills the file cache and the buffers.
    _ = try speed(true, min(1, options.seconds))
    var (training, evaluation): ([PreparationSpeed], [PreparationSpeed]) = ([], [])
    for _ in 0..<options.runs {
        training.append(try speed(true, options.seconds))
        evaluation.append(try speed(false, options.seconds))
    }
    func figure(_ runs: [PreparationSpeed]) -> DataBenchResult.Figure {
        let rates = runs.map(\.imagesPerSecond)
        let middle = rates.sorted()[rates.count / 2]
        return DataBenchResult.Figure(imagesPerSecond: middle, imagesPerSecondPerThread: middle / Double(threads), runs: rates)
    }
    let all = training + evaluation
    let bytes = all.reduce(0) { $0 + $1.byteCount }
    let result = DataBenchResult(
        dataset: dataset.specification.description, size: dataset.preprocessing.outputSize, threads: threads,
        bytesPerImage: Double(bytes) / Double(max(1, all.reduce(0) { $0 + $1.images })), training: figure(training),
        evaluation: figure(evaluation))
    try writeResult(result, text: result.text, json: options.json ? "-" : nil)
    return .done
}
