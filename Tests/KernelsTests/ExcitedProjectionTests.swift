import Kernels
import Tensors
import TestSupport
import Testing

/// An excited projection between two batch norms, fast and by reference.
private final class ExcitedCase {
    let g: SqueezeExcitationGeometry
    let input: NormalizedCase
    let tensors: [Memory]
    let projection: Memory
    let state: [Memory]
    let output: Memory
    let outputCase: NormalizedCase
    let upper: Memory

    init(_ g: SqueezeExcitationGeometry, input given: NormalizedCase? = nil) {
        self.g = g
        let (channels, squeezed, filters) = (g.channels, g.squeezedChannels, g.outputChannels)
        let input = given ?? NormalizedCase(Memory(randomFloats(g.inputCount, seed: 1)), channels: channels, seed: 10)
        self.input = input
        tensors = Self.tensors(g, seed: 30)
        projection = Memory(randomFloats(channels * filters, seed: 2))
        state = [Memory(count: g.batch * channels), Memory(count: g.batch * squeezed), Memory(count: g.batch * channels)]
        output = Memory(count: g.outputCount)
        upper = Memory(randomFloats(g.outputCount, seed: 3))
        let (moments, workspace) = (MomentMemory(channels: filters), Memory(count: excitedProjectionWorkspaceCount(g)))
        excitedProjectionForward(
            output: output.buffer, moments: moments.moments, state: Self.state(state), input: input.map,
            tensors: Self.tensors(tensors),
            projection: projection.buffer, geometry: g, workspace: workspace.buffer)
        outputCase = NormalizedCase(output, channels: filters, seed: 20, moments: moments.moments)
        withExtendedLifetime((moments, workspace)) {}
    }

    struct Gradients {
        let input: Memory
        let projection: Memory
        let tensors: [Memory]
    }

    func backward() -> Gradients {
        // What stood there is overwritten.
        let result = Gradients(
            input: Memory(count: g.inputCount), projection: Memory(randomFloats(g.channels * g.outputChannels, seed: 50)),
            tensors: Self.tensors(g, seed: 60))
        let gradient = outputCase.gradient(upper)
        let workspace = Memory(count: excitedProjectionWorkspaceCount(g))
        excitedProjectionBackward(
            projectionGradient: result.projection.buffer, tensorGradients: Self.tensors(result.tensors),
            inputGradient: result.input.buffer, inputBatchNorm: input.gradients(), outputGradient: gradient, input: input.map,
            state: Self.state(state), tensors: Self.tensors(tensors), projection: projection.buffer, geometry: g,
            workspace: workspace.buffer)
        withExtendedLifetime(workspace) {}
        return result
    }

    var referenceTensors: Reference.ExcitationTensors<Double> {
        Reference.ExcitationTensors(
            reduce: tensors[0].doubles, reduceBias: tensors[1].doubles, expand: tensors[2].doubles, expandBias: tensors[3].doubles
        )
    }

    /// Of a size that gates differ, and none is 0 or 1.
    static func tensors(_ g: SqueezeExcitationGeometry, seed: UInt64) -> [Memory] {
        let scale = 1 / Float(g.channels).squareRoot()
        return [
            Memory(randomFloats(g.channels * g.squeezedChannels, seed: seed).map { 4 * $0 * scale }),
            Memory(randomFloats(g.squeezedChannels, seed: seed + 1)),
            Memory(randomFloats(g.channels * g.squeezedChannels, seed: seed + 2)),
            Memory(randomFloats(g.channels, seed: seed + 3)),
        ]
    }

    static func tensors(_ memory: [Memory]) -> SqueezeExcitationTensors {
        SqueezeExcitationTensors(
            reduce: memory[0].buffer, reduceBias: memory[1].buffer, expand: memory[2].buffer, expandBias: memory[3].buffer)
    }

    static func state(_ memory: [Memory]) -> SqueezeExcitationState {
        SqueezeExcitationState(means: memory[0].buffer, hidden: memory[1].buffer, gates: memory[2].buffer)
    }
}

@Suite struct ExcitedProjectionTests {
    /// One sample and many, in one group and in several (of 2 MB), channels with tails and in several chunks.
    static let geometries = [
        (1, 9, 1, 1, 1), (2, 10, 7, 3, 16), (3, 49, 24, 6, 40), (2, 200, 32, 8, 16), (3, 16, 144, 6, 24), (2, 9, 600, 28, 33),
        (9, 49, 1152, 48, 8), (3, 3000, 96, 4, 24), (2, 90, 24, 5, 45), (3, 120, 330, 8, 40),
    ].map {
        SqueezeExcitationGeometry(batch: $0.0, positions: $0.1, channels: $0.2, squeezedChannels: $0.3, outputChannels: $0.4)
    }

    @Test(arguments: geometries)
    func agreesWithReference(g: SqueezeExcitationGeometry) {
        let one = ExcitedCase(g)
        let normalized = one.input.reference(one.input.convolved.doubles).output
        let expected = Reference.excitedProjectionForward(
            input: normalized, tensors: one.referenceTensors, projection: one.projection.doubles, geometry: g)
        // Beside the sum's own error that of its terms: a normalised value, SiLU and gate err by a few roundings each.
        expectClose(one.output.array, expected, relative: 2 * sumTolerance(g.channels), "output")

        let gradients = one.backward()
        let upper = one.outputCase.referenceBackward(one.upper.doubles, one.output.doubles).inputGradient
        let reference = Reference.excitedProjectionBackward(
            outputGradient: upper, input: normalized, tensors: one.referenceTensors, projection: one.projection.doubles,
            geometry: g)
        expectClose(gradients.projection.array, reference.projectionGradient, relative: 2 * sumTolerance(g.rows), "projection")
        // The gates' gradients are sums over positions of sums over filters, those of the hidden values sums over channels of
        // them.
        let sums = 2 * (sumTolerance(g.positions) + sumTolerance(g.outputChannels) + sumTolerance(g.channels))
        let expectedTensors = [
            reference.tensorGradients.reduce, reference.tensorGradients.reduceBias, reference.tensorGradients.expand,
            reference.tensorGradients.expandBias,
        ]
        for (index, name) in ["reduce", "reduceBias", "expand", "expandBias"].enumerated() {
            expectClose(gradients.tensors[index].array, expectedTensors[index], relative: sums, name)
        }
        expectClose(gradients.input.array, reference.inputGradient, relative: 2 * sumTolerance(g.outputChannels), "gradient of n")
        let batchNorm = one.input.referenceBackward(reference.inputGradient, one.input.convolved.doubles)
        // The sums over rows are of values that err as the gradient of n does, at random.
        let usual = gradients.input.doubles.map { abs($0) }.max() ?? 0
        let rows = Double(g.rows).squareRoot() * usual
        expectClose(
            one.input.scaleGradient.doubles + [rows], batchNorm.scaleGradient + [rows], relative: sums, "scale gradient")
        expectClose(
            one.input.shiftGradient.doubles + [rows], batchNorm.shiftGradient + [rows], relative: sums, "shift gradient")
        expectClose(one.input.convolvedGradient(gradients.input), batchNorm.inputGradient, relative: sums, "gradient of z")
    }

    /// Given the same coefficients, a sample's output has the same bits alone and among others, whatever the groups.
    @Test func bitsDoNotDependOnTheBatch() {
        let g = SqueezeExcitationGeometry(batch: 10, positions: 49, channels: 1152, squeezedChannels: 12, outputChannels: 24)
        let one = ExcitedCase(g)
        let alone = SqueezeExcitationGeometry(batch: 1, positions: 49, channels: 1152, squeezedChannels: 12, outputChannels: 24)
        for sample in [0, 6, 9] {
            let (output, moments) = (Memory(count: alone.outputCount), MomentMemory(channels: 24))
            let (state, workspace) = (
                [1152, 12, 1152].map { Memory(count: $0) }, Memory(count: excitedProjectionWorkspaceCount(alone))
            )
            excitedProjectionForward(
                output: output.buffer, moments: moments.moments, state: ExcitedCase.state(state),
                input: NormalizedMap(
                    one.input.convolved.buffer.slice(sample * alone.inputCount, alone.inputCount), one.input.map.coefficients),
                tensors: ExcitedCase.tensors(one.tensors), projection: one.projection.buffer, geometry: alone,
                workspace: workspace.buffer)
            withExtendedLifetime((moments, state, workspace)) {}
            #expect(output.array == Array(one.output.array[(sample * alone.outputCount)..<((sample + 1) * alone.outputCount)]))
        }
    }

    /// By finite differences in Double.
    @Test func referenceGradients() {
        let g = SqueezeExcitationGeometry(batch: 2, positions: 3, channels: 5, squeezedChannels: 2, outputChannels: 4)
        let input = randomDoubles(g.inputCount, seed: 1)
        let projection = randomDoubles(20, seed: 2)
        let upper = randomDoubles(g.outputCount, seed: 3)
        let tensors = Reference.ExcitationTensors(
            reduce: randomDoubles(10, seed: 4), reduceBias: randomDoubles(2, seed: 5), expand: randomDoubles(10, seed: 6),
            expandBias: randomDoubles(5, seed: 7))
        let gradients = Reference.excitedProjectionBackward(
            outputGradient: upper, input: input, tensors: tensors, projection: projection, geometry: g)
        func check(
            _ gradient: [Double], _ values: [Double], _ name: String,
            _ change: @escaping (_ values: [Double]) -> ([Double], Reference.ExcitationTensors<Double>, [Double])
        ) {
            let expected = numericalGradient(values, upper: upper) {
                let (input, tensors, projection) = change($0)
                return Reference.excitedProjectionForward(input: input, tensors: tensors, projection: projection, geometry: g)
            }
            // See ReferenceGradientTests.
            expectClose(gradient, expected, relative: 1e-7, name)
        }
        check(gradients.inputGradient, input, "input") { ($0, tensors, projection) }
        check(gradients.projectionGradient, projection, "projection") { (input, tensors, $0) }
        for (path, name) in [
            (\Reference.ExcitationTensors<Double>.reduce, "reduce"), (\.reduceBias, "reduceBias"), (\.expand, "expand"),
            (\.expandBias, "expandBias"),
        ] {
            check(gradients.tensorGradients[keyPath: path], tensors[keyPath: path], name) {
                var changed = tensors
                changed[keyPath: path] = $0
                return (input, changed, projection)
            }
        }
    }
}
