import Coordination
import Diagnostics
import Kernels
import Networks
import Tensors

/// Every kernel of a training step alone, on one thread, over the buffers of one shard, and the whole step beside them.
struct KernelBench {
    private let network: Network
    private let batch: Int
    private let shard: Int
    private let runs: Int

    init(_ network: Network, batch: Int, runs: Int) {
        self.network = network
        self.batch = batch
        shard = TrainingBench.shardSize(batch: batch)
        self.runs = runs
    }

    func run() throws(Problem) -> KernelBenchResult {
        let limits = MachineLimits.measure(runs: runs)
        let stepSeconds = try measureStep()
        var kernels: [KernelBenchResult.Kernel] = []
        var others: [KernelBenchResult.Other] = []
        for (index, layer) in network.convolutionLayers.enumerated() {
            let trial = LayerTrial(layer, batch: shard, plans: [layer.plan(batch: shard)])
            let measured = measure(trial, isFirst: index == 0, limits, stepSeconds)
            kernels += measured.kernels
            others += measured.others
        }
        others += StepRemainder(network, batch: batch, shard: shard, runs: runs).measure(stepSeconds: stepSeconds)
        return KernelBenchResult(
            model: network.specification.summary, batch: batch, shard: shard, limits: limits, stepMilliseconds: stepSeconds * 1000,
            kernels: kernels, others: others, fingerprint: kernelFingerprint)
    }

    private var shardsPerStep: Double { Double(batch) / Double(shard) }

    /// Seconds of a step on one thread.
    private func measureStep() throws(Problem) -> Double {
        let training = TrainingBench(network, batch: batch, threads: 1)
        let clock = ContinuousClock()
        try training.step(0)
        var seconds: [Double] = []
        for number in 1...max(runs, 1) {
            let start = clock.now
            try training.step(number)
            seconds.append((clock.now - start).seconds)
        }
        return median(seconds)
    }

    private func measure(
        _ trial: LayerTrial, isFirst: Bool, _ limits: MachineLimits, _ stepSeconds: Double
    ) -> (kernels: [KernelBenchResult.Kernel], others: [KernelBenchResult.Other]) {
        let plan = trial.layer.plan(batch: shard)
        let seconds = Timing.medians(
            runs: runs,
            [
                { trial.forward(plan) }, { trial.backward(plan, withInput: false) }, { trial.backward(plan, withInput: true) },
                { trial.normalize() }, { trial.reduceGradients() },
            ])
        func kernel(
            _ direction: KernelBenchResult.Direction, _ seconds: Double, directions: Int, tiles: Int, floats: Int, isOfStep: Bool
        ) -> KernelBenchResult.Kernel {
            let geometry = trial.geometry
            // One multiply-add is two operations.
            let gflops = 2e-9 * Double(directions * geometry.multiplyAdds) / seconds
            return KernelBenchResult.Kernel(
                layer: trial.layer.name, direction: direction,
                input: [geometry.batch, geometry.inputHeight, geometry.inputWidth, geometry.inputChannels],
                filters: geometry.outputChannels, scheme: plan.scheme.rawValue, tiles: plan.tileCount.map { min($0, tiles) },
                milliseconds: seconds * 1000, gflops: gflops, sgemmFactor: gflops / limits.sgemm, tileFactor: gflops / limits.tile,
                minimumBytes: 4 * floats, stepShare: isOfStep ? seconds * shardsPerStep / stepSeconds : nil)
        }
        var kernels = [
            kernel(
                .forward, seconds[0], directions: 1, tiles: plan.blocking.forwardTiles, floats: trial.forwardCount, isOfStep: true),
            // Nobody wants the gradient of the images.
            kernel(
                .weightGradient, seconds[1], directions: 1, tiles: plan.blocking.backwardTiles,
                floats: trial.backwardCount(withInput: false), isOfStep: isFirst),
        ]
        if !isFirst {
            kernels.append(kernel(
                .backward, seconds[2], directions: 2, tiles: plan.blocking.backwardTiles,
                floats: trial.backwardCount(withInput: true), isOfStep: true))
        }
        func other(_ kernel: String, _ seconds: Double, floats: Int) -> KernelBenchResult.Other {
            KernelBenchResult.Other(
                kernel: kernel, layer: trial.layer.name, seconds: seconds, minimumBytes: 4 * floats, perStep: shardsPerStep,
                stepSeconds: stepSeconds)
        }
        return (kernels, [
            other("normalization", seconds[3], floats: trial.normalizeCount),
            other("reductions", seconds[4], floats: trial.reduceCount),
        ])
    }
}
