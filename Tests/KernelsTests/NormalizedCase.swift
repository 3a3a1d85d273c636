import Kernels
import Tensors
import TestSupport
import Testing

/// A map [rows, channels] with a batch norm behind it, by kernels and by reference.
final class NormalizedCase {
    let rows: Int
    let channels: Int
    let convolved: Memory
    let scale: Memory
    let shift: Memory
    let scaleGradient: Memory
    let shiftGradient: Memory
    private let coefficientMemory: Memory
    static let epsilon: Float = 1e-3

    /// - Parameter moments: of the map where a kernel has gathered them; else they are gathered here.
    init(_ convolved: Memory, channels: Int, seed: UInt64, moments: BlockMoments? = nil) {
        self.convolved = convolved
        self.channels = channels
        rows = convolved.buffer.count / channels
        scale = Memory(randomFloats(channels, seed: seed).map { $0 + 1.5 })
        shift = Memory(randomFloats(channels, seed: seed + 1))
        scaleGradient = Memory(count: channels)
        shiftGradient = Memory(count: channels)
        coefficientMemory = Memory(count: ChannelCoefficients.count(channels: channels))
        let own = MomentMemory(channels: channels)
        if moments == nil { _ = pointwise(convolved, channels: channels, moments: own.moments) }
        let (mean, variance) = (Memory(count: channels), Memory(count: channels))
        finishBatchStatistics(
            moments ?? own.moments, coefficients: map.coefficients, batchMean: mean.buffer, batchVariance: variance.buffer,
            scale: scale.buffer, shift: shift.buffer, rows: rows, epsilon: Self.epsilon)
        withExtendedLifetime(own) {}
    }

    var map: NormalizedMap {
        NormalizedMap(convolved.buffer, ChannelCoefficients(coefficientMemory.buffer, channels: channels))
    }

    func gradients(adds: Bool = false) -> BatchNormGradients {
        BatchNormGradients(scale: scaleGradient.buffer, shift: shiftGradient.buffer, adds: adds)
    }

    /// The gradient of n, with the coefficients of the way back.
    func gradient(_ upper: Memory) -> NormalizedMapGradient {
        let gradient = NormalizedMapGradient(upper.buffer, of: map)
        finishLinearGradients(gradients(), outputGradient: gradient)
        return gradient
    }

    /// The gradient of z as a map, once the coefficients of the way back are there: by way of a product with one.
    func convolvedGradient(_ upper: Memory) -> [Float] {
        let g = PointwiseGeometry(batch: 1, positions: rows, inputChannels: channels, outputChannels: channels)
        let (weights, weightGradient) = (Memory(identity(channels)), Memory(count: g.weightCount))
        let (result, workspace) = (Memory(count: g.inputCount), Memory(count: pointwiseWorkspaceCount(g)))
        pointwiseBackward(
            weightGradient: weightGradient.buffer, inputGradient: result.buffer,
            outputGradient: NormalizedMapGradient(upper.buffer, of: map), input: convolved.buffer, weights: weights.buffer,
            geometry: g, workspace: workspace.buffer)
        withExtendedLifetime((weights, weightGradient, workspace, upper)) {}
        return result.array
    }

    func reference(_ input: [Double]) -> Reference.BatchNormResult<Double> {
        Reference.batchNormForwardTraining(
            input: input, scale: scale.doubles, shift: shift.doubles, rows: rows, channels: channels,
            epsilon: Double(Self.epsilon),
            relu: false)
    }

    func referenceBackward(
        _ upper: [Double], _ input: [Double]
    ) -> (inputGradient: [Double], scaleGradient: [Double], shiftGradient: [Double]) {
        let result = reference(input)
        return Reference.batchNormBackward(
            outputGradient: upper, input: input, output: result.output, scale: scale.doubles, savedMean: result.mean,
            savedInverseDeviation: result.inverseDeviation, rows: rows, channels: channels, relu: false)
    }

    /// The gradients of scale and shift; a single channel's sum may cancel, so the error is counted against the √rows that a sum
    /// has.
    func expectGradients(
        _ expected: (inputGradient: [Double], scaleGradient: [Double], shiftGradient: [Double]), relative: Double
    ) {
        let usual = [Double(rows).squareRoot()]
        expectClose(scaleGradient.doubles + usual, expected.scaleGradient + usual, relative: relative, "scale gradient")
        expectClose(shiftGradient.doubles + usual, expected.shiftGradient + usual, relative: relative, "shift gradient")
    }

    private func pointwise(_ input: Memory, channels: Int, moments: BlockMoments) -> [Float] {
        let g = PointwiseGeometry(batch: 1, positions: rows, inputChannels: channels, outputChannels: channels)
        let (weights, output) = (Memory(identity(channels)), Memory(count: g.outputCount))
        let workspace = Memory(count: pointwiseWorkspaceCount(g))
        pointwiseForward(
            output: output.buffer, moments: moments, input: input.buffer, weights: weights.buffer, geometry: g,
            workspace: workspace.buffer)
        withExtendedLifetime((weights, workspace)) {}
        return output.array
    }
}

/// Memory for moments.
final class MomentMemory {
    private let memory: Memory
    let moments: BlockMoments

    init(channels: Int) {
        memory = Memory(count: BlockMoments.count(channels: channels))
        moments = BlockMoments(memory.buffer, channels: channels)
    }
}

/// One on the diagonal of [size, size].
func identity(_ size: Int) -> [Float] { (0..<(size * size)).map { $0 / size == $0 % size ? 1 : 0 } }

/// A sum of n rounded products errs by about √n · 2⁻²⁴ of the largest element; eight times that leaves room for unlucky
/// roundings.
func sumTolerance(_ terms: Int) -> Double { 8 * Double(max(terms, 4)).squareRoot() * 0x1p-24 }
