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
        name: options.model.name, width: options.model.width ?? 64, classifier: classifier ?? (size < 224 ? .linear : .mlp),
        inputSize: size, inputChannels: 3, labels: options.labels))
    let threads = options.threads ?? ProcessInfo.processInfo.activeProcessorCount
    configureBLAS()
    if options.workers > 0, options.subject != .kernels {
        try write(try ClusterBench.measure(options, network, threads: threadsPerWorker(options.threads, workers: options.workers)), options)
        return .done
    }
    switch options.subject {
    case .training:
        let training = TrainingBench(network, batch: options.batch, threads: threads)
        try write(measure(options, network, shard: training.shardSize, threads: threads, imagesPerStep: options.batch, training.step), options)
    case .inference:
        let inference = InferenceBench(network, batch: options.batch, threads: threads)
        try write(
            measure(
                options, network, shard: options.batch, threads: threads, imagesPerStep: options.batch * threads, inference.step),
            options)
    case .kernels:
        let result = KernelBench(network, batch: TrainingBench.shardSize(batch: options.batch), runs: options.runs).run()
        try writeResult(result, text: result.text, json: options.json ? "-" : nil)
    }
    return .done
}

private func write(_ result: BenchResult, _ options: BenchOptions) throws(Problem) {
    try writeResult(result, text: result.text, json: options.json ? "-" : nil)
}

/// Times runs of as many steps as take about a second, after one step that warms caches and allocations up.
private func measure(
    _ options: BenchOptions, _ network: Network, shard: Int, threads: Int, imagesPerStep: Int, _ step: (Int) throws -> Void
) throws -> BenchResult {
    let clock = ContinuousClock()
    try step(0)
    let warm = try clock.measure { try step(1) }.seconds
    let steps = max(1, Int((1 / max(warm, 1e-6)).rounded(.up)))
    var done = 2
    var runs: [Double] = []
    for _ in 0..<options.runs {
        let seconds = try clock.measure {
            for _ in 0..<steps {
                try step(done)
                done += 1
            }
        }.seconds
        runs.append(Double(steps * imagesPerStep) / seconds)
    }
    return BenchResult(
        bench: options.subject.rawValue, model: network.specification.summary, batch: options.batch, shard: shard, threads: threads,
        workers: options.workers, stepsPerRun: steps, imagesPerSecond: median(runs), runs: runs,
        peakMemoryBytes: ProcessMemory.peakBytes, kernels: kernelFingerprint)
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
