import Foundation
import Reporting

/// What `bench kernels` finds.
struct KernelBenchResult: Encodable {
    enum Direction: String, Encodable {
        case forward
        /// As for the first layer, whose input wants no gradient.
        case weightGradient = "weight-gradient"
        /// The gradients of weights and input.
        case backward
    }

    /// A convolution in one direction.
    struct Kernel: Encodable {
        let layer: String
        let direction: Direction
        /// [N, H, W, C] of the input, and filters.
        let input: [Int]
        let filters: Int
        let scheme: String
        /// Tiles of a block; nil for the direct scheme.
        let tiles: Int?
        /// The median of the runs.
        let milliseconds: Double
        /// 10⁹ multiplications and additions per second that a direct sum would take; twice as many for both gradients.
        let gflops: Double
        /// `gflops` over those of OpenBLAS.
        let sgemmFactor: Double
        /// `gflops` over those of our own product tile.
        let tileFactor: Double
        /// Bytes of inputs, outputs and weights, each once: no way to compute it moves fewer.
        let minimumBytes: Int
        /// As long as it took in training steps, where data come from memory; nil for what a step does not call.
        let inStepMilliseconds: Double?
        /// Of a step's time, all shards together.
        let stepShare: Double?

        private enum CodingKeys: String, CodingKey {
            case layer, direction, input, filters, scheme, tiles, milliseconds, gflops
            case sgemmFactor = "sgemm_factor"
            case tileFactor = "tile_factor"
            case minimumBytes = "minimum_bytes"
            case inStepMilliseconds = "in_step_milliseconds"
            case stepShare = "step_share"
        }
    }

    /// What is not convolution and bound by memory, most of it.
    struct Other: Encodable {
        let kernel: String
        /// nil for what is not of one layer.
        let layer: String?
        let milliseconds: Double
        /// As `Kernel.minimumBytes`.
        let minimumBytes: Int
        /// 10⁹ of these bytes per second.
        let gigabytesPerSecond: Double
        /// As of `Kernel`.
        let inStepMilliseconds: Double?
        let stepShare: Double

        init(kernel: String, layer: String?, seconds: Double, minimumBytes: Int, inStepSeconds: Double?, stepShare: Double) {
            self.kernel = kernel
            self.layer = layer
            self.minimumBytes = minimumBytes
            milliseconds = seconds * 1000
            gigabytesPerSecond = 1e-9 * Double(minimumBytes) / seconds
            inStepMilliseconds = inStepSeconds.map { $0 * 1000 }
            self.stepShare = stepShare
        }

        private enum CodingKeys: String, CodingKey {
            case kernel, layer, milliseconds
            case minimumBytes = "minimum_bytes"
            case gigabytesPerSecond = "gigabytes_per_second"
            case inStepMilliseconds = "in_step_milliseconds"
            case stepShare = "step_share"
        }
    }

    let bench = "kernels"
    let model: String
    let batch: Int
    /// Samples of each kernel's input.
    let shard: Int
    let limits: MachineLimits
    /// A training step on one thread, the mean of as many as there were runs.
    let stepMilliseconds: Double
    let kernels: [Kernel]
    let others: [Other]
    /// Of the convolutions that a step calls, together.
    let gflops: Double
    /// What convolutions and all others are of a step's time, together; the rest is waiting for threads to start.
    let stepShare: Double
    let fingerprint: String

    init(
        model: String, batch: Int, shard: Int, limits: MachineLimits, stepMilliseconds: Double, kernels: [Kernel], others: [Other],
        fingerprint: String
    ) {
        self.model = model
        self.batch = batch
        self.shard = shard
        self.limits = limits
        self.stepMilliseconds = stepMilliseconds
        self.kernels = kernels
        self.others = others
        self.fingerprint = fingerprint
        let ofStep = kernels.filter { $0.stepShare != nil }
        gflops = ofStep.reduce(0) { $0 + $1.gflops * $1.milliseconds } / ofStep.reduce(0) { $0 + $1.milliseconds }
        stepShare = ofStep.reduce(0) { $0 + ($1.stepShare ?? 0) } + others.reduce(0) { $0 + $1.stepShare }
    }

    private enum CodingKeys: String, CodingKey {
        case bench, model, batch, shard, limits
        case stepMilliseconds = "step_milliseconds"
        case kernels, others, gflops
        case stepShare = "step_share"
        case fingerprint
    }
}

extension KernelBenchResult {
    var text: String {
        let convolutions = kernels.reduce(0) { $0 + ($1.stepShare ?? 0) }
        let all = BenchText.percent(convolutions)
        return """
            \(model)
            shards of \(shard) of a mini-batch of \(batch), one thread; a step takes \(BenchText.milliseconds(stepMilliseconds)) ms
            sgemm 1024×1024×1024 \(BenchText.rate(limits.sgemm)) GFLOP/s, product tile \(BenchText.rate(limits.tile)) GFLOP/s

            \(kernelTable)
            convolutions of a step: \(BenchText.rate(gflops)) GFLOP/s, \(BenchText.factor(gflops / limits.sgemm)) of sgemm, \(all) % of its time

            \(otherTable)
            all together: \(BenchText.percent(stepShare)) % of the step
            GFLOP/s are those of a direct sum. MB: inputs, outputs and weights, each once, the least that is moved. backward has
            both gradients. ms: alone, data in the cache where they fit; in step: as measured in training steps.
            \(fingerprint)

            """
    }

    private var kernelTable: String {
        var rows = [["layer", "maps", "scheme", "tiles", "direction", "ms", "GFLOP/s", "× sgemm", "× tile", "MB", "in step", "step %"]]
        for kernel in kernels {
            rows.append([
                kernel.layer, kernel.input.map(String.init).joined(separator: "×") + " → \(kernel.filters)", kernel.scheme,
                kernel.tiles.map(String.init) ?? "", kernel.direction.rawValue, BenchText.milliseconds(kernel.milliseconds),
                BenchText.rate(kernel.gflops), BenchText.factor(kernel.sgemmFactor), BenchText.factor(kernel.tileFactor),
                BenchText.megabytes(kernel.minimumBytes), kernel.inStepMilliseconds.map(BenchText.milliseconds) ?? "",
                kernel.stepShare.map(BenchText.percent) ?? "",
            ])
        }
        return BenchText.table(rows, [.left, .left, .left, .right, .left, .right, .right, .right, .right, .right, .right, .right])
    }

    /// Layers added up.
    private var otherTable: String {
        var rows = [["not convolution", "ms", "MB", "GB/s", "in step", "step %"]]
        var names: [String] = []
        for other in others where !names.contains(other.kernel) { names.append(other.kernel) }
        for name in names {
            let same = others.filter { $0.kernel == name }
            let milliseconds = same.reduce(0) { $0 + $1.milliseconds }
            let bytes = same.reduce(0) { $0 + $1.minimumBytes }
            rows.append([
                same.count > 1 ? "\(name), \(same.count) layers" : name, BenchText.milliseconds(milliseconds), BenchText.megabytes(bytes),
                BenchText.rate(1e-6 * Double(bytes) / milliseconds),
                same.compactMap(\.inStepMilliseconds).isEmpty
                    ? "" : BenchText.milliseconds(same.reduce(0) { $0 + ($1.inStepMilliseconds ?? 0) }),
                BenchText.percent(same.reduce(0) { $0 + $1.stepShare }),
            ])
        }
        return BenchText.table(rows, [.left, .right, .right, .right, .right, .right])
    }
}
