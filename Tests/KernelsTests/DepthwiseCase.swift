import Kernels
import Tensors
import TestSupport

/// A depthwise convolution of random values with a batch norm on either side, in training, and the same by reference in Double.
struct DepthwiseCase {
    let g: DepthwiseGeometry
    let input: Memory
    let weights: Memory
    let upper: Memory
    let scale: Memory
    let shift: Memory
    let output: Memory
    let workspace: Memory
    private let coefficientMemory: (input: Memory, output: Memory)
    private let momentMemory: Memory
    static let epsilon: Float = 1e-5

    init(_ g: DepthwiseGeometry, seed: UInt64 = 0) {
        self.g = g
        input = Memory(randomFloats(g.inputCount, seed: seed + 1).map { 3 * $0 + 0.5 })
        weights = Memory(randomFloats(g.weightCount, seed: seed + 2))
        upper = Memory(randomFloats(g.outputCount, seed: seed + 3))
        scale = Memory(randomFloats(g.channels, seed: seed + 4).map { $0 + 1.5 })
        shift = Memory(randomFloats(g.channels, seed: seed + 5))
        output = Memory(count: g.outputCount)
        workspace = Memory(count: depthwiseWorkspaceCount(g))
        let count = ChannelCoefficients.count(channels: g.channels)
        coefficientMemory = (Memory(count: count), Memory(count: count))
        momentMemory = Memory(count: BlockMoments.count(channels: g.channels))
        measureInput()
    }

    var inputRows: Int { g.batch * g.height * g.width }
    var inputCoefficients: ChannelCoefficients { ChannelCoefficients(coefficientMemory.input.buffer, channels: g.channels) }
    var outputCoefficients: ChannelCoefficients { ChannelCoefficients(coefficientMemory.output.buffer, channels: g.channels) }
    var map: NormalizedMap { NormalizedMap(input.buffer, inputCoefficients) }

    /// Weights of a pointwise convolution that changes nothing, and its geometry.
    private var identity: (weights: Memory, geometry: PointwiseGeometry, workspace: Memory) {
        let geometry = PointwiseGeometry(
            batch: g.batch, positions: g.height * g.width, inputChannels: g.channels, outputChannels: g.channels)
        let weights = (0..<(g.channels * g.channels)).map { Float($0 / g.channels == $0 % g.channels ? 1 : 0) }
        return (Memory(weights), geometry, Memory(count: pointwiseWorkspaceCount(geometry)))
    }

    private func measureInput() {
        let (identity, copy) = (identity, Memory(count: g.inputCount))
        let moments = BlockMoments(momentMemory.buffer, channels: g.channels)
        pointwiseForward(
            output: copy.buffer, moments: moments, input: input.buffer, weights: identity.weights.buffer,
            geometry: identity.geometry, workspace: identity.workspace.buffer)
        _ = finish(moments, inputCoefficients, rows: inputRows)
        withExtendedLifetime((identity, copy)) {}
    }

    private func finish(
        _ moments: BlockMoments, _ coefficients: ChannelCoefficients, rows: Int
    ) -> (mean: [Float], variance: [Float]) {
        let (mean, variance) = (Memory(count: g.channels), Memory(count: g.channels))
        finishBatchStatistics(
            moments, coefficients: coefficients, batchMean: mean.buffer, batchVariance: variance.buffer, scale: scale.buffer,
            shift: shift.buffer, rows: rows, epsilon: Self.epsilon)
        return (mean.array, variance.array)
    }

    /// The statistics of the output; they become its batch norm's.
    @discardableResult
    func forward() -> (mean: [Float], variance: [Float]) {
        let moments = BlockMoments(momentMemory.buffer, channels: g.channels)
        depthwiseForward(
            output: output.buffer, moments: moments, input: map, weights: weights.buffer, geometry: g,
            workspace: workspace.buffer)
        return finish(moments, outputCoefficients, rows: g.outputRows)
    }

    struct Gradients {
        var weights: [Float]
        /// Of the normalised input.
        var input: [Float]
        var scale: [Float]
        var shift: [Float]
    }

    /// After `forward`.
    /// - Parameter start: what the gradients are added to; nil where they overwrite.
    func backward(addingTo start: Gradients? = nil) -> Gradients {
        let outputGradient = NormalizedMapGradient(upper.buffer, of: NormalizedMap(output.buffer, outputCoefficients))
        let unused = (Memory(count: g.channels), Memory(count: g.channels))
        finishLinearGradients(
            BatchNormGradients(scale: unused.0.buffer, shift: unused.1.buffer, adds: false), outputGradient: outputGradient)
        let weightGradient = start.map { Memory($0.weights) } ?? Memory(count: g.weightCount)
        let scaleGradient = start.map { Memory($0.scale) } ?? Memory(count: g.channels)
        let shiftGradient = start.map { Memory($0.shift) } ?? Memory(count: g.channels)
        let inputGradient = Memory(count: g.inputCount)
        depthwiseBackward(
            weightGradient: weightGradient.buffer, adds: start != nil, inputGradient: inputGradient.buffer,
            inputBatchNorm: BatchNormGradients(scale: scaleGradient.buffer, shift: shiftGradient.buffer, adds: start != nil),
            outputGradient: outputGradient, input: map, weights: weights.buffer, geometry: g, workspace: workspace.buffer)
        withExtendedLifetime(unused) {}
        return Gradients(
            weights: weightGradient.array, input: inputGradient.array, scale: scaleGradient.array, shift: shiftGradient.array)
    }

    /// The gradient of the input's z, by the coefficients that `backward` left, through a product with one.
    func gradientBeforeBatchNorm(_ gradient: [Float]) -> [Float] {
        let (identity, gradient, result) = (identity, Memory(gradient), Memory(count: g.inputCount))
        let unused = Memory(count: g.channels * g.channels)
        pointwiseBackward(
            weightGradient: unused.buffer, inputGradient: result.buffer,
            outputGradient: NormalizedMapGradient(gradient.buffer, of: map), input: input.buffer,
            weights: identity.weights.buffer, geometry: identity.geometry, workspace: identity.workspace.buffer)
        withExtendedLifetime((identity, gradient, unused)) {}
        return result.array
    }

    // MARK: By reference

    func referenceNormalized() -> Reference.BatchNormResult<Double> { referenceBatchNorm(input.doubles, rows: inputRows) }

    func referenceBatchNorm(_ z: [Double], rows: Int) -> Reference.BatchNormResult<Double> {
        Reference.batchNormForwardTraining(
            input: z, scale: scale.doubles, shift: shift.doubles, rows: rows, channels: g.channels, epsilon: Double(Self.epsilon),
            relu: false)
    }

    func referenceBatchNormBackward(
        _ gradient: [Double], _ z: [Double], _ forward: Reference.BatchNormResult<Double>, rows: Int
    ) -> (inputGradient: [Double], scaleGradient: [Double], shiftGradient: [Double]) {
        Reference.batchNormBackward(
            outputGradient: gradient, input: z, output: forward.output, scale: scale.doubles, savedMean: forward.mean,
            savedInverseDeviation: forward.inverseDeviation, rows: rows, channels: g.channels, relu: false)
    }
}
