import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct PointwiseTests {
    /// Channels for panels of every width with and without a tail, one chunk and many, rows that fill no block, and a single
    /// value.
    static let shapes: [(batch: Int, positions: Int, inputs: Int, outputs: Int)] = [
        (1, 1, 1, 1), (1, 5, 7, 16), (2, 9, 16, 24), (3, 49, 24, 40), (2, 130, 16, 96), (1, 50, 40, 7), (2, 49, 112, 272),
        (1, 37, 1152, 40),
        (1, 33, 24, 1152), (2, 17, 264, 33), (1, 300, 1, 49), (3, 11, 40, 600),
        // Positions enough for gates to go into the weights.
        (3, 90, 30, 45), (2, 150, 600, 24),
    ]

    private struct Case {
        let g: PointwiseGeometry
        let input: Memory
        let weights: Memory
        let upper: Memory
        let gates: Memory
        let factors: Memory
        let bias: Memory
        let addend: Memory

        init(_ shape: (batch: Int, positions: Int, inputs: Int, outputs: Int)) {
            g = PointwiseGeometry(
                batch: shape.batch, positions: shape.positions, inputChannels: shape.inputs, outputChannels: shape.outputs)
            input = Memory(randomFloats(g.inputCount, seed: 1))
            weights = Memory(randomFloats(g.weightCount, seed: 2))
            upper = Memory(randomFloats(g.outputCount, seed: 3))
            gates = Memory(randomFloats(g.batch * g.inputChannels, seed: 4))
            factors = Memory(randomFloats(g.outputChannels, seed: 5))
            bias = Memory(randomFloats(g.outputChannels, seed: 6))
            addend = Memory(randomFloats(g.outputCount, seed: 7))
        }

        func forward() -> (output: Memory, moments: MomentMemory) {
            let (output, moments) = (Memory(count: g.outputCount), MomentMemory(channels: g.outputChannels))
            let workspace = Memory(count: pointwiseWorkspaceCount(g))
            pointwiseForward(
                output: output.buffer, moments: moments.moments, input: input.buffer, weights: weights.buffer, geometry: g,
                workspace: workspace.buffer)
            withExtendedLifetime((workspace, input, weights)) {}
            return (output, moments)
        }

        func inference(activates: Bool, addend: FloatBuffer?, gates: FloatBuffer?, output: Memory? = nil) -> [Float] {
            let (output, workspace) = (output ?? Memory(count: g.outputCount), Memory(count: pointwiseWorkspaceCount(g)))
            pointwiseInference(
                output: output.buffer, input: input.buffer, weights: weights.buffer, factors: factors.buffer, bias: bias.buffer,
                activates: activates, addend: addend, gates: gates, geometry: g, workspace: workspace.buffer)
            withExtendedLifetime(workspace) {}
            return output.array
        }

        /// left · right by one chain of fused multiply-adds each, k ascending.
        func chain(
            _ rows: Int, _ columns: Int, _ inner: Int, _ left: (Int, Int) -> Float, _ right: (Int, Int) -> Float
        ) -> [Float] {
            var result = [Float](repeating: 0, count: rows * columns)
            for row in 0..<rows {
                for column in 0..<columns {
                    var sum: Float = 0
                    for k in 0..<inner { sum.addProduct(left(row, k), right(k, column)) }
                    result[row * columns + column] = sum
                }
            }
            return result
        }
    }

    @Test(arguments: shapes)
    func forwardIsOneChainWithItsMoments(shape: (batch: Int, positions: Int, inputs: Int, outputs: Int)) {
        let one = Case(shape)
        let (g, input, weights) = (one.g, one.input.array, one.weights.array)
        let (output, moments) = one.forward()
        let expected = one.chain(
            g.rows, g.outputChannels, g.inputChannels, { input[$0 * g.inputChannels + $1] },
            { weights[$0 * g.outputChannels + $1] })
        #expect(output.array == expected)
        expectClose(
            output.array,
            Reference.matrixProduct(
                left: one.input.doubles, right: one.weights.doubles, rows: g.rows, columns: g.outputChannels,
                inner: g.inputChannels),
            relative: sumTolerance(g.inputChannels))
        let normalized = NormalizedCase(output, channels: g.outputChannels, seed: 20, moments: moments.moments)
        let linear = Memory(count: g.outputCount)
        normalizeLinear(output: linear.buffer, map: normalized.map, addend: nil, batch: g.batch)
        // Moments in short runs and Double: a few roundings of the values' own, as large as the mean against the deviation.
        expectClose(linear.array, normalized.reference(output.doubles).output, relative: 2e-6, "normalised")
    }

    @Test(arguments: shapes)
    func inferenceAgreesWithReference(shape: (batch: Int, positions: Int, inputs: Int, outputs: Int)) {
        let one = Case(shape)
        let g = one.g
        for (activates, adds, gated) in [(false, false, false), (true, false, true), (true, true, false), (false, true, true)] {
            var input = one.input.doubles
            if gated {
                for index in input.indices {
                    input[index] *=
                        one.gates.doubles[index / g.inputChannels / g.positions * g.inputChannels + index % g.inputChannels]
                }
            }
            var expected = Reference.matrixProduct(
                left: input, right: one.weights.doubles, rows: g.rows, columns: g.outputChannels, inner: g.inputChannels)
            for index in expected.indices {
                let value =
                    expected[index] * one.factors.doubles[index % g.outputChannels] + one.bias.doubles[index % g.outputChannels]
                expected[index] = (activates ? Reference.silu(value) : value) + (adds ? one.addend.doubles[index] : 0)
            }
            let output = one.inference(
                activates: activates, addend: adds ? one.addend.buffer : nil, gates: gated ? one.gates.buffer : nil)
            expectClose(output, expected, relative: sumTolerance(g.inputChannels), "\(activates) \(adds) \(gated)")
            if adds {
                // The addend may be the output itself.
                let inPlace = Memory(one.addend.array)
                let same = one.inference(
                    activates: activates, addend: inPlace.buffer, gates: gated ? one.gates.buffer : nil, output: inPlace)
                #expect(same == output)
            }
        }
    }

    /// A sample's bits do not depend on those beside it.
    @Test func bitsDoNotDependOnTheBatch() {
        let many = Case((batch: 5, positions: 49, inputs: 40, outputs: 24))
        let g = many.g
        let outputs = many.inference(activates: true, addend: many.addend.buffer, gates: many.gates.buffer)
        for sample in 0..<g.batch {
            func part(_ memory: Memory, _ count: Int) -> FloatBuffer { memory.buffer.slice(sample * count, count) }
            let alone = PointwiseGeometry(batch: 1, positions: g.positions, inputChannels: 40, outputChannels: 24)
            let (output, workspace) = (Memory(count: alone.outputCount), Memory(count: pointwiseWorkspaceCount(alone)))
            pointwiseInference(
                output: output.buffer, input: part(many.input, alone.inputCount), weights: many.weights.buffer,
                factors: many.factors.buffer,
                bias: many.bias.buffer, activates: true, addend: part(many.addend, alone.outputCount),
                gates: part(many.gates, 40),
                geometry: alone, workspace: workspace.buffer)
            withExtendedLifetime(workspace) {}
            #expect(output.array == Array(outputs[(sample * alone.outputCount)..<((sample + 1) * alone.outputCount)]))
        }
        withExtendedLifetime(many) {}
    }

    /// A second call may read the first one's packed weights, with gates in the map or in the weights.
    @Test(arguments: [false, true], [49, 24])
    func reusesPanels(gated: Bool, outputs: Int) {
        let both = Case((batch: 4, positions: 49, inputs: 40, outputs: outputs))
        let half = PointwiseGeometry(batch: 2, positions: 49, inputChannels: 40, outputChannels: outputs)
        let gates = gated ? both.gates.buffer : nil
        let (output, workspace) = (Memory(count: both.g.outputCount), Memory(count: pointwiseWorkspaceCount(half)))
        for group in 0..<2 {
            pointwiseInference(
                output: output.buffer.slice(group * half.outputCount, half.outputCount),
                input: both.input.buffer.slice(group * half.inputCount, half.inputCount), weights: both.weights.buffer,
                factors: both.factors.buffer, bias: both.bias.buffer, activates: true, gates: gates?.slice(group * 80, 80),
                reusesPanels: group > 0, geometry: half, workspace: workspace.buffer)
        }
        #expect(output.array == both.inference(activates: true, addend: nil, gates: gates))
        withExtendedLifetime((both, workspace)) {}
    }

    /// Without a batch norm the gradient of z is the output's, and both gradients are chains of their products.
    @Test(arguments: shapes)
    func gradientsAreChains(shape: (batch: Int, positions: Int, inputs: Int, outputs: Int)) {
        let one = Case(shape)
        let (g, input, weights, upper) = (one.g, one.input.array, one.weights.array, one.upper.array)
        let (rows, inputs, outputs) = (g.rows, g.inputChannels, g.outputChannels)
        let coefficientMemory = Memory(count: ChannelCoefficients.count(channels: outputs))
        let coefficients = ChannelCoefficients(coefficientMemory.buffer, channels: outputs)
        coefficients.setIdentity()
        let gradient = NormalizedMapGradient(one.upper.buffer, of: NormalizedMap(one.addend.buffer, coefficients))
        let product = one.chain(rows, inputs, outputs, { upper[$0 * outputs + $1] }, { weights[$1 * outputs + $0] })
        let expected = one.chain(inputs, outputs, rows, { input[$1 * inputs + $0] }, { upper[$0 * outputs + $1] })
        let addend = randomFloats(g.inputCount, seed: 9)
        for adds in [false, true] {
            let workspace = Memory(count: pointwiseWorkspaceCount(g))
            // What stood there is overwritten.
            let weightGradient = Memory(randomFloats(g.weightCount, seed: 8))
            let inputGradient = adds ? Memory(addend) : Memory(count: g.inputCount)
            pointwiseBackward(
                weightGradient: weightGradient.buffer, inputGradient: inputGradient.buffer,
                addend: adds ? inputGradient.buffer : nil, outputGradient: gradient, input: one.input.buffer,
                weights: one.weights.buffer,
                geometry: g, workspace: workspace.buffer)
            #expect(weightGradient.array == expected)
            #expect(inputGradient.array == (adds ? zip(product, addend).map { $0 + $1 } : product))
            let alone = Memory(count: g.weightCount)
            pointwiseBackward(
                weightGradient: alone.buffer, inputGradient: nil, outputGradient: gradient, input: one.input.buffer,
                weights: one.weights.buffer, geometry: g, workspace: workspace.buffer)
            #expect(alone.array == expected)
            withExtendedLifetime(workspace) {}
        }
        withExtendedLifetime((one, coefficientMemory)) {}
    }

    @Test(arguments: shapes.filter { $0.batch * $0.positions > 8 })
    func backwardAgreesWithReference(shape: (batch: Int, positions: Int, inputs: Int, outputs: Int)) {
        let one = Case(shape)
        let g = one.g
        let (output, moments) = one.forward()
        let normalized = NormalizedCase(output, channels: g.outputChannels, seed: 20, moments: moments.moments)
        let gradient = normalized.gradient(one.upper)
        let reference = normalized.referenceBackward(one.upper.doubles, output.doubles)
        normalized.expectGradients(reference, relative: 2e-6)
        let (weightGradient, inputGradient) = (Memory(count: g.weightCount), Memory(count: g.inputCount))
        let workspace = Memory(count: pointwiseWorkspaceCount(g))
        pointwiseBackward(
            weightGradient: weightGradient.buffer, inputGradient: inputGradient.buffer, outputGradient: gradient,
            input: one.input.buffer, weights: one.weights.buffer, geometry: g, workspace: workspace.buffer)
        withExtendedLifetime((workspace, normalized)) {}
        // On top of a sum's error, that of the gradient of z: a few roundings, and those of the moments.
        expectClose(
            weightGradient.array,
            Reference.matrixProduct(
                left: one.input.doubles, right: reference.inputGradient, rows: g.inputChannels, columns: g.outputChannels,
                inner: g.rows,
                transposeLeft: true), relative: 2 * sumTolerance(g.rows), "weights")
        expectClose(
            inputGradient.array,
            Reference.matrixProduct(
                left: reference.inputGradient, right: one.weights.doubles, rows: g.rows, columns: g.inputChannels,
                inner: g.outputChannels,
                transposeRight: true), relative: 2 * sumTolerance(g.outputChannels), "input")
    }
}
