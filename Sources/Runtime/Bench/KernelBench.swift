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
        let step = try measureStep()
        var kernels: [KernelBenchResult.Kernel] = []
        var others: [KernelBenchResult.Other] = []
        for (index, layer) in network.convolutionLayers.enumerated() {
            let trial = LayerTrial(layer, batch: shard, plans: [layer.plan(batch: shard)])
            let measured = measure(trial, index, limits, step)
            kernels += measured.kernels
            others += measured.others
        }
        others += StepRemainder(network, batch: batch, shard: shard, runs: runs).measure(step)
        return KernelBenchResult(
            model: network.specification.summary, batch: batch, shard: shard, limits: limits, stepMilliseconds: step.seconds * 1000,
            kernels: kernels, others: others, fingerprint: kernelFingerprint)
    }

    /// Steps on one thread.
    private func measureStep() throws(Problem) -> MeasuredStep {
        let training = TrainingBench(network, batch: batch, threads: 1)
        try training.step(0)
        training.startProfile()
        let clock = ContinuousClock()
        let start = clock.now
        for number in 1...max(runs, 1) { try training.step(number) }
        let seconds = (clock.now - start).seconds / Double(max(runs, 1))
        return MeasuredStep(
            seconds: seconds, profile: training.profile ?? StepProfile(layers: network.taps.count), steps: max(runs, 1),
            shards: (batch + shard - 1) / shard)
    }

    private func measure(
        _ trial: LayerTrial, _ index: Int, _ limits: MachineLimits, _ step: MeasuredStep
    ) -> (kernels: [KernelBenchResult.Kernel], others: [KernelBenchResult.Other]) {
        let (plan, isFirst) = (trial.layer.plan(batch: shard), index == 0)
        let seconds = Timing.medians(
            runs: runs,
            [
                { trial.forward(plan) }, { trial.backward(plan, withInput: false) }, { trial.backward(plan, withInput: true) },
                { trial.normalize() }, { trial.reduceGradients() },
            ])
        func kernel(
            _ direction: KernelBenchResult.Direction, _ seconds: Double, directions: Int, tiles: Int, floats: Int,
            inStep kind: StepProfile.Kind?
        ) -> KernelBenchResult.Kernel {
            let geometry = trial.geometry
            // One multiply-add is two operations.
            let gflops = 2e-9 * Double(directions * geometry.multiplyAdds) / seconds
            return KernelBenchResult.Kernel(
                layer: trial.layer.name, direction: direction,
                input: [geometry.batch, geometry.inputHeight, geometry.inputWidth, geometry.inputChannels],
                filters: geometry.outputChannels, scheme: plan.scheme.rawValue, tiles: plan.tileCount.map { min($0, tiles) },
                milliseconds: seconds * 1000, gflops: gflops, sgemmFactor: gflops / limits.sgemm, tileFactor: gflops / limits.tile,
                minimumBytes: 4 * floats, inStepMilliseconds: kind.map { step.secondsPerShard($0, layer: index) * 1000 },
                stepShare: kind.map { step.share($0, layer: index) })
        }
        var kernels = [
            kernel(
                .forward, seconds[0], directions: 1, tiles: plan.blocking.forwardTiles, floats: trial.forwardCount,
                inStep: .convolutionForward),
            // Nobody wants the gradient of the images.
            kernel(
                .weightGradient, seconds[1], directions: 1, tiles: plan.blocking.backwardTiles,
                floats: trial.backwardCount(withInput: false), inStep: isFirst ? .convolutionBackward : nil),
        ]
        if !isFirst {
            kernels.append(kernel(
                .backward, seconds[2], directions: 2, tiles: plan.blocking.backwardTiles,
                floats: trial.backwardCount(withInput: true), inStep: .convolutionBackward))
        }
        func other(_ kind: StepProfile.Kind, _ seconds: Double, floats: Int) -> KernelBenchResult.Other {
            KernelBenchResult.Other(
                kernel: kind.rawValue, layer: trial.layer.name, seconds: seconds, minimumBytes: 4 * floats,
                inStepSeconds: step.secondsPerShard(kind, layer: index), stepShare: step.share(kind, layer: index))
        }
        return (kernels, [
            other(.normalization, seconds[3], floats: trial.normalizeCount),
            other(.reductions, seconds[4], floats: trial.reduceCount),
        ])
    }
}

/// A training step on one thread, and where its time goes.
struct MeasuredStep {
    /// The mean of the steps.
    let seconds: Double
    /// Of `steps` steps.
    let profile: StepProfile
    let steps: Int
    let shards: Int

    /// Of one shard's pass through one layer, or all that is not of one layer.
    func secondsPerShard(_ kind: StepProfile.Kind, layer: Int = 0) -> Double {
        secondsPerStep(kind, layer: layer) / Double(shards)
    }

    func secondsPerStep(_ kind: StepProfile.Kind, layer: Int = 0) -> Double {
        profile.duration(kind, layer: layer).seconds / Double(steps)
    }

    func share(_ kind: StepProfile.Kind, layer: Int = 0) -> Double { secondsPerStep(kind, layer: layer) / seconds }
}
