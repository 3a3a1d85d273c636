import Kernels
import Networks
import Tensors

/// What a training step has besides convolutions and what belongs to their layers: input, classifier, loss, sums, optimizer.
struct StepRemainder {
    private let network: Network
    private let shard: Int
    private let shards: Int
    private let runs: Int

    init(_ network: Network, batch: Int, shard: Int, runs: Int) {
        self.network = network
        self.shard = shard
        shards = (batch + shard - 1) / shard
        self.runs = runs
    }

    func measure(_ step: MeasuredStep) -> [KernelBenchResult.Other] {
        (perShard + perStep).map { one in
            KernelBenchResult.Other(
                kernel: one.kind.rawValue, layer: nil, seconds: Timing.seconds(runs: runs, one.body), minimumBytes: 4 * one.floats,
                inStepSeconds: one.perStep > 0 ? step.secondsPerStep(one.kind) / Double(one.perStep) : nil, stepShare: step.share(one.kind))
        }
    }

    /// A kernel, and how often a step calls it.
    private typealias Piece = (kind: StepProfile.Kind, floats: Int, perStep: Int, body: () -> Void)

    private var perShard: [Piece] {
        let labels = network.specification.labels
        let shard = shard
        let images = uniform([("images", [shard * network.inputCount]), ("input", [shard * network.inputCount])])
        let logits = uniform([("logits", [shard * labels]), ("gradient", [shard * labels])])
        let truth = (0..<shard).map { Int32($0 % labels) }
        let stages = network.linearLayers.map { LinearTrial($0, rows: shard) }
        return [
            (.inputCopy, 2 * shard * network.inputCount, shards, {
                images.buffer("input").copy(from: images.buffer("images"))
            }),
            (.classifierForward, stages.reduce(0) { $0 + $1.forwardCount }, shards, { for stage in stages { stage.forward() } }),
            (.classifierBackward, stages.reduce(0) { $0 + $1.backwardCount }, shards, {
                for stage in stages.reversed() { stage.backward() }
            }),
            (.loss, 2 * shard * labels, shards, {
                _ = softmaxCrossEntropy(
                    logits: logits.buffer("logits"), labels: truth, logitsGradient: logits.buffer("gradient"), rows: shard,
                    classes: labels, gradientScale: 0.01)
            }),
        ]
    }

    private var perStep: [Piece] {
        let count = network.parameterLayout.totalCount
        let vectors = uniform([("weights", [count]), ("velocity", [count]), ("gradient", [count]), ("sum", [count])])
        // The second shard of each pair adds as it goes; between pairs there are passes of their own.
        let additions = (shards + 1) / 2 - 1
        return [
            // The sum grows from call to call, by far less than a float can hold.
            (.gradientSums, 3 * count, additions, { addInto(vectors.buffer("sum"), vectors.buffer("gradient")) }),
            // With a rate of 0 the weights stay as they are, so that no call meets other numbers than the one before.
            (.optimizer, 5 * count, 1, {
                nesterovStep(
                    weights: vectors.buffer("weights"), velocity: vectors.buffer("velocity"), gradient: vectors.buffer("gradient"),
                    learningRate: 0, momentum: 0.9, weightDecay: 1e-3)
            }),
        ]
    }
}

/// A linear layer with the buffers of a shard.
private final class LinearTrial {
    private let layer: LinearLayer
    private let rows: Int
    private let storage: ParameterVector

    init(_ layer: LinearLayer, rows: Int) {
        self.layer = layer
        self.rows = rows
        storage = uniform([
            ("input", [rows * layer.inputs]), ("output", [rows * layer.outputs]), ("weights", [layer.inputs * layer.outputs]),
            ("upper", [rows * layer.outputs]), ("bias", [layer.outputs]), ("inputGradient", [rows * layer.inputs]),
            ("weightGradient", [layer.inputs * layer.outputs]), ("biasGradient", [layer.outputs]),
        ])
    }

    private var mapCount: Int { rows * (layer.inputs + layer.outputs) }
    var forwardCount: Int { mapCount + layer.inputs * layer.outputs }
    var backwardCount: Int { mapCount + rows * layer.inputs + 2 * layer.inputs * layer.outputs }

    func forward() {
        linearForward(
            output: storage.buffer("output"), input: storage.buffer("input"), weights: storage.buffer("weights"),
            bias: storage.buffer("bias"), rows: rows, inputs: layer.inputs, outputs: layer.outputs)
    }

    func backward() {
        linearWeightGradient(
            weightGradient: storage.buffer("weightGradient"), biasGradient: storage.buffer("biasGradient"),
            outputGradient: storage.buffer("upper"), input: storage.buffer("input"), rows: rows, inputs: layer.inputs,
            outputs: layer.outputs)
        linearInputGradient(
            inputGradient: storage.buffer("inputGradient"), outputGradient: storage.buffer("upper"),
            weights: storage.buffer("weights"), rows: rows, inputs: layer.inputs, outputs: layer.outputs)
    }
}
