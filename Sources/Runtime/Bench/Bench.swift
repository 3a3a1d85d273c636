import Diagnostics
import Foundation
import Kernels
import Networks
import Tensors

/// `filterscope bench`: speed on this machine, with random weights and synthetic images.
public func bench(_ options: BenchOptions) throws -> ExitCode {
    let size = options.model.inputSize ?? 32
    let classifier = options.model.classifier.flatMap { ModelSpecification.Classifier(rawValue: $0.rawValue) }
    let network = try Network(ModelSpecification(
        name: options.model.name, width: options.model.width ?? 64,
        classifier: classifier ?? ModelSpecification.usualClassifier(options.model.name, inputSize: size),
        batchNorm: options.model.batchNorm, inputSize: size, inputChannels: 3, labels: options.labels))
    configureBLAS()
    if network.convolutionLayers.isEmpty, ![.training, .inference].contains(options.subject) {
        throw Problem(
            "\(options.subject.rawValue) measures the convolutions of a VGG", at: "bench",
            remedy: "for \(network.specification.name) take: filterscope bench training --profile")
    }
    switch options.subject {
    case .training, .inference: try write(try measureImages(options, network), text: \.text, options)
    case .kernels: try write(try KernelBench(network, batch: options.batch, runs: options.runs).run(), text: \.text, options)
    case .blocks: try write(BlocksBench(network, batch: options.batch, runs: options.runs).run(), text: \.text, options)
    case .accuracy: try write(AccuracyBench(network).run(), text: \.text, options)
    }
    return .done
}

private func write<Result: Encodable>(_ result: Result, text: (Result) -> String, _ options: BenchOptions) throws(Problem) {
    try writeResult(result, text: text(result), json: options.json ? "-" : nil)
}

private func measureImages(_ options: BenchOptions, _ network: Network) throws -> BenchResult {
    if options.workers > 0 {
        return try ClusterBench.measure(options, network, threads: threadsPerWorker(options.threads, workers: options.workers))
    }
    let threads = options.threads ?? ProcessInfo.processInfo.activeProcessorCount
    guard options.subject == .training else {
        let inference = InferenceBench(network, batch: options.batch, threads: threads)
        return try measure(
            options, network, shard: options.batch, laneBytes: inference.laneBytes, threads: threads,
            imagesPerStep: options.batch * threads, inference.step
        ).result
    }
    let training = TrainingBench(network, batch: options.batch, threads: threads)
    var (result, seconds) = try measure(
        options, network, shard: training.shardSize, laneBytes: training.laneBytes, threads: threads, imagesPerStep: options.batch,
        warm: { if options.profile { training.startProfile() } }, training.step)
    result.profile = training.profile.map {
        ProfileResult(
            $0, layers: network.taps.map(\.name), threads: threads, steps: result.stepsPerRun * options.runs, seconds: seconds)
    }
    return result
}

/// Times runs of as many steps as take about a second, after one step that warms caches and allocations up.
/// - Parameter warm: called between warming up and the first timed run.
/// - Returns: what was found, and the seconds of all runs.
private func measure(
    _ options: BenchOptions, _ network: Network, shard: Int, laneBytes: Int, threads: Int, imagesPerStep: Int, warm: () -> Void = {},
    _ step: (Int) throws -> Void
) throws -> (result: BenchResult, seconds: Double) {
    let clock = ContinuousClock()
    try step(0)
    let once = try clock.measure { try step(1) }.seconds
    let steps = max(1, Int((1 / max(once, 1e-6)).rounded(.up)))
    warm()
    var done = 2
    var seconds: [Double] = []
    for _ in 0..<options.runs {
        seconds.append(try clock.measure {
            for _ in 0..<steps {
                try step(done)
                done += 1
            }
        }.seconds)
    }
    let runs = seconds.map { Double(steps * imagesPerStep) / $0 }
    let result = BenchResult(
        bench: options.subject.rawValue, model: network.specification.summary, batch: options.batch, shard: shard, threads: threads,
        workers: options.workers, stepsPerRun: steps, imagesPerSecond: median(runs), runs: runs, laneBytes: laneBytes,
        peakMemoryBytes: ProcessMemory.peakBytes, kernels: kernelFingerprint)
    return (result, seconds.reduce(0, +))
}
