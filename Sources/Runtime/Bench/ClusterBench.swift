import Datasets
import Diagnostics
import Foundation
import Kernels
import Networks
import Tensors

/// Steps through worker processes: everything that a run does in a step, the network on the wire included.
enum ClusterBench {
    /// Times `options.runs` runs of training steps, or of passes over a split, each of about a second.
    static func measure(_ options: BenchOptions, _ network: Network, threads: Int) throws -> BenchResult {
        let split = try syntheticSplit(network, count: options.batch * 4)
        let shardSize = TrainingBench.shardSize(batch: options.batch)
        let task = TaskDescription(
            model: network.specification,
            preprocessing: try Preprocessing(
                encoding: split.encoding, outputSize: network.specification.inputSize, normalization: nil, augmentation: .none),
            trainingShardSize: shardSize, surveyShardSize: options.batch, labels: options.labels, headPool: 1)
        let headSet = try task.headSet(of: network)
        let state = TrainingState(network: network, heads: headSet, seed: 1, optimizer: optimizer, keepsAverage: false)
        return try LocalCluster.with(
            task, workers: options.workers, threads: threads, label: "benchmarking", verbosity: .quiet
        ) { cluster in
            let work: (Int) throws -> Int = options.subject == .training
                ? { try train(state, split, shardSize: shardSize, batch: options.batch, steps: $0, on: cluster) }
                : { try infer(state, headSet, task, split, passes: $0, on: cluster) }
            // Warms caches and allocations up, and tells how much a second holds.
            _ = try work(1)
            let clock = ContinuousClock()
            let once = try clock.measure { _ = try work(1) }.seconds
            let repeats = max(1, Int((1 / max(once, 1e-6)).rounded(.up)))
            var runs: [Double] = []
            for _ in 0..<options.runs {
                var images = 0
                let seconds = try clock.measure { images = try work(repeats) }.seconds
                runs.append(Double(images) / seconds)
            }
            // While the workers are there: a process's peak goes with it.
            let peakBytes = ProcessMemory.peakBytes(of: [getpid()] + cluster.workers.map { pid_t(truncatingIfNeeded: $0.pid) })
            let laneBytes = options.subject == .training
                ? TrainingLane.arenaByteCount(network, shardSize: shardSize)
                : InferenceLane.arenaByteCount(network, shardSize: options.batch)
            return BenchResult(
                bench: options.subject.rawValue, model: network.specification.summary, batch: options.batch,
                shard: options.subject == .training ? shardSize : options.batch, threads: threads, workers: options.workers,
                stepsPerRun: repeats, imagesPerSecond: median(runs), runs: runs, laneBytes: laneBytes,
                peakMemoryBytes: peakBytes, kernels: cluster.workers.first?.fingerprint ?? "")
        }
    }

    private static let optimizer = Optimizer.nesterov(momentum: 0.9175)

    /// - Returns: images trained on.
    private static func train(
        _ state: TrainingState, _ split: Split, shardSize: Int, batch: Int, steps: Int, on cluster: Cluster
    ) throws -> Int {
        let phase = SteppedPhase(
            name: .training, plan: MiniBatchPlan(sampleCount: split.count, batchSize: batch, shardSize: shardSize, seed: 1),
            totalSteps: state.position.step + steps,
            schedule: .stepDecay(StepDecay(initialRate: 0.01, factor: 1, every: 1, unit: .epochs)), optimizer: optimizer,
            weightDecay: WeightDecay(1e-3), augment: false, seed: 1, split: split, waitSeconds: 60)
        var images = 0
        try phase.run(state, on: cluster) { images += $0.samples }
        return images
    }

    private static func infer(
        _ state: TrainingState, _ headSet: HeadSet, _ task: TaskDescription, _ split: Split, passes: Int, on cluster: Cluster
    ) throws -> Int {
        let survey = Survey(split: split, shardSize: task.surveyShardSize, waitSeconds: 60)
        for _ in 0..<passes {
            _ = try survey.run(
                headSet, parameters: state.network, statistics: state.statistics, heads: nil, wantLabelSums: false, on: cluster)
        }
        return passes * split.count
    }

    /// Random images as they travel, float32 in channel, row, column order.
    private static func syntheticSplit(_ network: Network, count: Int) throws -> Split {
        let specification = network.specification
        let encoding = SampleEncoding(
            .float32CHW, height: specification.inputSize, width: specification.inputSize, channels: specification.inputChannels)
        let images = syntheticImages(count, network, first: 0)
        let labels = (0..<count).map { Int32($0 % specification.labels) }
        return Split(.train, encoding: encoding, bytes: images.withBuffer { Data($0.bytes) }, labels: labels)
    }
}
