import Tensors

/// One kernel's time on one geometry.
public struct KernelBenchmarkRow: Sendable, Codable {
    /// "forward", "input gradient", "weight gradient", "batch norm forward", "batch norm backward".
    public let name: String
    /// For people: "25×32×32×16 → 16, 3×3".
    public let geometry: String
    /// Median of the repeats.
    public let seconds: Double
    /// 10⁹ floating-point operations per second, a multiply-add counted as two; nil for kernels that are bound by memory.
    public let gigaflops: Double?
}

/// Times the three directions of each convolution, and batch norm over its output, on the thread that calls.
///
/// - Parameter repeats: timed calls of each kernel, after one that is not timed.
public func benchmarkKernels(_ geometries: [ConvolutionGeometry], repeats: Int) -> [KernelBenchmarkRow] {
    configureBLAS()
    return geometries.flatMap { geometry in
        let bench = ConvolutionBench(geometry)
        let title = "\(geometry.batch)×\(geometry.inputHeight)×\(geometry.inputWidth)×\(geometry.inputChannels)"
            + " → \(geometry.outputChannels), \(geometry.kernelHeight)×\(geometry.kernelWidth)"
        func row(_ name: String, _ multiplyAdds: Int?, _ body: () -> Void) -> KernelBenchmarkRow {
            let seconds = medianSeconds(repeats, body)
            return KernelBenchmarkRow(
                name: name, geometry: title, seconds: seconds,
                gigaflops: multiplyAdds.map { 2e-9 * Double($0) / seconds })
        }
        return [
            row("forward", geometry.multiplyAdds, bench.forward),
            row("input gradient", geometry.multiplyAdds, bench.inputGradient),
            row("weight gradient", geometry.multiplyAdds, bench.weightGradient),
            row("batch norm forward", nil, bench.batchNormForward),
            row("batch norm backward", nil, bench.batchNormBackward),
        ]
    }
}

/// The convolutions of a VGG on 32×32 maps of one channel, whose first block has `width` channels, as a shard of `batch`
/// samples meets them; each geometry once.
public func vggBenchmarkGeometries(width: Int, batch: Int) -> [ConvolutionGeometry] {
    let blocks = [(32, 1, width), (32, width, width), (16, width, 2 * width), (16, 2 * width, 2 * width),
        (8, 2 * width, 4 * width), (8, 4 * width, 4 * width), (4, 4 * width, 8 * width), (4, 8 * width, 8 * width),
        (2, 8 * width, 8 * width)]
    return blocks.map { size, inputs, outputs in
        ConvolutionGeometry(
            batch: batch, inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: outputs)
    }
}

private func medianSeconds(_ repeats: Int, _ body: () -> Void) -> Double {
    body()
    let clock = ContinuousClock()
    let times = (0..<max(repeats, 1)).map { _ in clock.measure(body) / .seconds(1) }
    return times.sorted()[times.count / 2]
}

/// The buffers of one convolution and of the batch norm behind it, filled with repeatable numbers.
private final class ConvolutionBench {
    private let geometry: ConvolutionGeometry
    private let storage: ParameterVector
    private var rows: Int { geometry.outputRows }
    private var channels: Int { geometry.outputChannels }

    init(_ geometry: ConvolutionGeometry) {
        self.geometry = geometry
        storage = ParameterVector(
            TensorLayout([
                ("input", [geometry.inputCount]), ("weights", [geometry.weightCount]),
                ("weightGradient", [geometry.weightCount]), ("output", [geometry.outputCount]),
                ("upper", [geometry.outputCount]), ("normalized", [geometry.outputCount]),
                ("workspace", [convolutionWorkspaceCount(geometry)]), ("scale", [geometry.outputChannels]),
                ("shift", [geometry.outputChannels]), ("mean", [geometry.outputChannels]),
                ("variance", [geometry.outputChannels]), ("inverse", [geometry.outputChannels]),
            ]))
        for name in ["input", "weights", "upper", "scale"] {
            var stream = RandomStream(seed: 1, purpose: .synthetic)
            let buffer = storage.buffer(name)
            for index in 0..<buffer.count { buffer[index] = stream.nextUniform() - 0.5 }
        }
    }

    func forward() {
        convolutionForward(
            output: storage.buffer("output"), input: storage.buffer("input"), weights: storage.buffer("weights"), bias: nil,
            geometry: geometry, workspace: storage.buffer("workspace"))
    }

    func inputGradient() {
        convolutionInputGradient(
            inputGradient: storage.buffer("input"), outputGradient: storage.buffer("upper"),
            weights: storage.buffer("weights"), geometry: geometry, workspace: storage.buffer("workspace"))
    }

    func weightGradient() {
        convolutionWeightGradient(
            weightGradient: storage.buffer("weightGradient"), biasGradient: nil, outputGradient: storage.buffer("upper"),
            input: storage.buffer("input"), geometry: geometry, workspace: storage.buffer("workspace"))
    }

    func batchNormForward() {
        batchNormForwardTraining(
            output: storage.buffer("normalized"), input: storage.buffer("output"), scale: storage.buffer("scale"),
            shift: storage.buffer("shift"), batchMean: storage.buffer("mean"), batchVariance: storage.buffer("variance"),
            savedInverseDeviation: storage.buffer("inverse"), rows: rows, channels: channels, epsilon: 1e-5, relu: true)
    }

    func batchNormBackward() {
        Kernels.batchNormBackward(
            inputGradient: storage.buffer("upper"), scaleGradient: storage.buffer("variance"),
            shiftGradient: storage.buffer("shift"), outputGradient: storage.buffer("upper"), input: storage.buffer("output"),
            output: storage.buffer("normalized"), scale: storage.buffer("scale"), savedMean: storage.buffer("mean"),
            savedInverseDeviation: storage.buffer("inverse"), rows: rows, channels: channels, relu: true)
    }
}
