import Datasets
import Diagnostics
import Foundation
import Kernels
import Mechanism
import Networks
import Tensors

/// `filterscope bench filters`.
public struct FilterBenchOptions: Sendable {
    public var labels: Int
    public var filters: Int
    /// Of each filter's map.
    public var positions: Int
    public var imagesPerLabel: Int
    public var filtersPerUnit: Int
    public var workers: Int
    /// Of each worker; nil shares the machine's cores among them.
    public var threads: Int?
    public var json: Bool

    public init(
        labels: Int, filters: Int, positions: Int, imagesPerLabel: Int, filtersPerUnit: Int, workers: Int, threads: Int?, json: Bool
    ) {
        self.labels = labels
        self.filters = filters
        self.positions = positions
        self.imagesPerLabel = imagesPerLabel
        self.filtersPerUnit = filtersPerUnit
        self.workers = workers
        self.threads = threads
        self.json = json
    }
}

/// Phase 3 of one layer on synthetic activations: each label prefers a few of the filters, so that there are clusters and noise.
public func benchFilters(_ options: FilterBenchOptions) throws -> ExitCode {
    let elements = options.labels.multipliedReportingOverflow(by: options.filters * options.positions)
    guard !elements.overflow, elements.partialValue <= 1 << 31 else {
        throw Problem(
            "\(options.labels) labels, \(options.filters) filters and \(options.positions) positions are more than this machine's memory is asked for",
            remedy: "choose fewer")
    }
    let bench = FilterBench(options)
    let clock = ContinuousClock()
    let start = clock.now
    let means = bench.labelMeans()
    let meansSeconds = start.duration(to: clock.now).seconds
    let weights = bench.headWeights()
    let threads = threadsPerWorker(options.threads, workers: options.workers)
    let result = try LocalCluster.with(
        try bench.task(), workers: options.workers, threads: threads, label: "benchmarking", verbosity: .quiet
    ) { cluster in
        var filters: [FilterResult] = []
        let seconds = try clock.measure {
            filters = try weights.withBuffer { weights in
                try FilterPhase(
                    threshold: 0.3, filtersPerUnit: options.filtersPerUnit, labels: options.labels, waitSeconds: 60
                ).run(layers: ["synthetic"], labelMeans: [means], headWeights: [weights], on: cluster)[0].filters
            }
        }.seconds
        let workerBytes = cluster.workers.map { ProcessMemory.peakBytes(of: [pid_t(truncatingIfNeeded: $0.pid)]) }
        let figures = LayerFigures(layer: "synthetic", labels: options.labels, filters: filters)
        return FilterBenchResult(
            labels: options.labels, filters: options.filters, positions: options.positions, filtersPerUnit: options.filtersPerUnit,
            workers: options.workers, threads: threads, images: options.labels * options.imagesPerLabel,
            labelMeansSeconds: meansSeconds, filtersSeconds: seconds, coordinatorPeakBytes: ProcessMemory.peakBytes,
            workerPeakBytes: workerBytes, activeFilters: figures.activeFilters,
            clustersPerFilter: figures.active?.clustersPerFilter, clusterSize: figures.active?.clusterSize,
            noise: figures.active?.noise, kernels: cluster.workers.first?.fingerprint ?? "")
    }
    FileHandle.standardOutput.write(options.json ? try result.json() : Data(result.text.utf8))
    return .done
}

/// The synthetic layer. Its activations are drawn image by image and are not kept.
private struct FilterBench {
    let options: FilterBenchOptions

    init(_ options: FilterBenchOptions) { self.options = options }

    /// Any network: a worker wants one, and filters are measured without it.
    func task() throws -> TaskDescription {
        TaskDescription(
            model: ModelSpecification(name: "vgg11", width: 1, inputChannels: 3, labels: 2),
            preprocessing: try Preprocessing(
                encoding: SampleEncoding(.float32CHW, height: 32, width: 32, channels: 3), outputSize: 32, normalization: nil,
                augmentation: .none),
            trainingShardSize: 1, surveyShardSize: 1, labels: 2, headPool: 1)
    }

    /// Of one row of P positions: rectified noise, and more of it where label and filter fit.
    func labelMeans() -> LabelMeans {
        let (labels, filters, positions) = (options.labels, options.filters, options.positions)
        var sums = LabelMeans(labels: labels, height: 1, width: positions, filters: filters)
        var image = Tensor([1, positions * filters])
        var stream = RandomStream(seed: 1, purpose: .synthetic)
        for label in 0..<labels {
            for _ in 0..<options.imagesPerLabel {
                image.withMutableBuffer { values in
                    for place in 0..<values.count {
                        let fits = Self.fits(label, place % filters)
                        values[place] = max(0, 2 * stream.nextUniform() - (fits ? 0 : 1.5))
                    }
                }
                image.withBuffer { sums.accumulate(activations: $0, labels: [Int32(label)]) }
            }
        }
        return sums
    }

    /// [K, P·F], in ±1/√(P·F) and above zero where label and filter fit.
    func headWeights() -> Tensor {
        let (filters, positions) = (options.filters, options.positions)
        var weights = Tensor([options.labels, positions * filters])
        let bound = 1 / Float(positions * filters).squareRoot()
        var stream = RandomStream(seed: 2, purpose: .synthetic)
        weights.withMutableBuffer { values in
            for place in 0..<values.count {
                let fits = Self.fits(place / (positions * filters), place % filters)
                values[place] = bound * (2 * stream.nextUniform() - (fits ? 0 : 1))
            }
        }
        return weights
    }

    /// One label in 29 fits a filter.
    private static func fits(_ label: Int, _ filter: Int) -> Bool { (label &* 17 &+ filter &* 13) % 29 == 0 }
}
