import Kernels
import Networks
import Tensors

/// One layer of a network with the buffers of a shard, filled with repeatable numbers, and its kernels over them as a training lane
/// calls them.
final class LayerTrial {
    let layer: ConvolutionLayer
    let geometry: ConvolutionGeometry
    let shape: BlockShape
    private let storage: ParameterVector
    private let moments: BlockMoments?
    private let coefficients: ChannelCoefficients

    /// - Parameter plans: the ways to compute it that there is to be room for.
    init(_ layer: ConvolutionLayer, batch: Int, plans: [ConvolutionPlan]) {
        self.layer = layer
        geometry = layer.plan(batch: batch).geometry
        shape = layer.shape(batch: batch)
        let channels = geometry.outputChannels
        storage = uniform([
            ("input", [geometry.inputCount]), ("weights", [geometry.weightCount]), ("bias", [channels]), ("scale", [channels]),
            ("shift", [channels]), ("upper", [shape.outputCount]), ("convolved", [geometry.outputCount]),
            ("output", [shape.outputCount]), ("inputGradient", [geometry.inputCount]), ("weightGradient", [geometry.weightCount]),
            ("mean", [channels]), ("variance", [channels]), ("scaleGradient", [channels]), ("shiftGradient", [channels]),
            ("moments", [BlockMoments.count(channels: channels)]), ("coefficients", [ChannelCoefficients.count(channels: channels)]),
            ("workspace", [plans.reduce(0) { max($0, $1.forwardWorkspaceCount, $1.backwardWorkspaceCount) }]),
        ])
        moments = layer.hasBatchNorm ? BlockMoments(storage.buffer("moments"), channels: channels) : nil
        coefficients = ChannelCoefficients(storage.buffer("coefficients"), channels: channels)
        coefficients.setIdentity()
        // Values of the size that the kernels meet: subnormal numbers, say, are slow.
        if let plan = plans.first { forward(plan) }
        normalize()
        reduceGradients()
    }

    private func buffer(_ name: String) -> FloatBuffer { storage.buffer(name) }

    func forward(_ plan: ConvolutionPlan) {
        plan.forward(
            output: buffer("convolved"), moments: moments, input: buffer("input"), weights: buffer("weights"), bias: buffer("bias"),
            workspace: buffer("workspace"))
    }

    /// The weight gradient, and with it that of the input where `withInput` is set.
    func backward(_ plan: ConvolutionPlan, withInput: Bool) {
        plan.backward(
            weightGradient: buffer("weightGradient"), inputGradient: withInput ? buffer("inputGradient") : nil,
            outputGradient: buffer("upper"), convolved: buffer("convolved"), coefficients: coefficients, shape: shape,
            input: buffer("input"), weights: buffer("weights"), workspace: buffer("workspace"))
    }

    func normalize() {
        if let moments {
            finishBatchStatistics(
                moments, coefficients: coefficients, batchMean: buffer("mean"), batchVariance: buffer("variance"),
                scale: buffer("scale"), shift: buffer("shift"), rows: shape.rows, epsilon: 1e-5)
        }
        normalizeBlock(output: buffer("output"), convolved: buffer("convolved"), coefficients: coefficients, shape: shape)
    }

    func reduceGradients() {
        if layer.hasBatchNorm {
            finishBatchGradients(
                coefficients: coefficients, scaleGradient: buffer("scaleGradient"), shiftGradient: buffer("shiftGradient"), adds: false,
                outputGradient: buffer("upper"), convolved: buffer("convolved"), shape: shape)
        } else {
            finishBiasGradient(
                coefficients: coefficients, biasGradient: buffer("shiftGradient"), adds: false, outputGradient: buffer("upper"),
                convolved: buffer("convolved"), shape: shape)
        }
    }

    // MARK: Floats that a kernel cannot do without reading or writing

    var forwardCount: Int { geometry.inputCount + geometry.weightCount + geometry.outputCount }
    func backwardCount(withInput: Bool) -> Int {
        let read = geometry.inputCount + shape.outputCount + geometry.outputCount
        return read + geometry.weightCount + (withInput ? geometry.weightCount + geometry.inputCount : 0)
    }
    var normalizeCount: Int { geometry.outputCount + shape.outputCount }
    var reduceCount: Int { geometry.outputCount + shape.outputCount }
}

extension ConvolutionGeometry {
    /// "25×32×32×64 → 128"
    var summary: String { "\(batch)×\(inputHeight)×\(inputWidth)×\(inputChannels) → \(outputChannels)" }
}

/// The layers of a network whose convolutions differ in shape, each shape by the first that has it.
func distinctShapes(_ network: Network) -> [ConvolutionLayer] {
    var seen: Set<ConvolutionGeometry> = []
    return network.convolutionLayers.filter { seen.insert($0.plan(batch: 1).geometry).inserted }
}
