import Kernels
import Tensors
import TestSupport
import Testing

/// One convolution by one scheme, in all three directions.
struct PlannedConvolution {
    let plan: ConvolutionPlan
    let input: Memory
    let weights: Memory
    let bias: Memory
    let outputGradient: Memory

    init(_ plan: ConvolutionPlan) {
        let g = plan.geometry
        self.plan = plan
        input = Memory(randomFloats(g.inputCount, seed: 1))
        weights = Memory(randomFloats(g.weightCount, seed: 2))
        bias = Memory(randomFloats(g.outputChannels, seed: 3))
        outputGradient = Memory(randomFloats(g.outputCount, seed: 4))
    }

    func forward(input other: Memory? = nil) -> [Float] {
        let (output, workspace) = (Memory(count: plan.geometry.outputCount), Memory(count: plan.forwardWorkspaceCount))
        let input = other ?? input
        plan.forward(
            output: output.buffer, moments: nil, input: input.buffer, weights: weights.buffer, bias: bias.buffer,
            workspace: workspace.buffer)
        withExtendedLifetime((input, workspace)) {}
        return output.array
    }

    /// - Parameter start: what the weight gradient is added to; overwritten where nil.
    func backward(start: [Float]? = nil) -> (input: [Float], weights: [Float]) {
        let (inputGradient, workspace) = (Memory(count: plan.geometry.inputCount), Memory(count: plan.backwardWorkspaceCount))
        let weightGradient = start.map { Memory($0) } ?? Memory(count: plan.geometry.weightCount)
        plan.backward(
            weightGradient: weightGradient.buffer, adds: start != nil, inputGradient: inputGradient.buffer,
            outputGradient: outputGradient.buffer, input: input.buffer, weights: weights.buffer, workspace: workspace.buffer)
        withExtendedLifetime(workspace) {}
        return (inputGradient.array, weightGradient.array)
    }
}

@Suite struct TileConvolutionTests {
    init() { configureBLAS() }

    /// A direct sum of n products errs by about √n · 2⁻²⁴ of the largest element (see ConvolutionTests). Winograd's F(4×4, 3×3) has
    /// twice a direct sum's root mean square error with the points that we use; the adjoint transforms that make gradients are the same
    /// matrices. Eight times √n · 2⁻²⁴ leaves a direct sum's room for unlucky roundings on top.
    private func tolerance(terms: Int) -> Double { 8 * Double(max(terms, 4)).squareRoot() * 0x1p-24 }

    /// Maps that tiles cover exactly, in part, and hardly; channels for wide panels, narrow ones and both; one block of tiles and many.
    static let shapes: [(batch: Int, height: Int, width: Int, inputs: Int, filters: Int)] = [
        (3, 8, 8, 16, 32), (2, 4, 4, 48, 16), (5, 4, 4, 32, 80), (2, 7, 5, 32, 48), (2, 14, 14, 16, 16), (2, 3, 3, 16, 16), (1, 32, 32, 64, 64),
        (3, 1, 6, 16, 32), (30, 5, 4, 16, 16), (2, 4, 4, 160, 288),
    ]

    @Test(arguments: shapes)
    func winogradAgreesWithReference(shape: (batch: Int, height: Int, width: Int, inputs: Int, filters: Int)) {
        check(
            ConvolutionPlan(
                ConvolutionGeometry(
                    batch: shape.batch, inputHeight: shape.height, inputWidth: shape.width, inputChannels: shape.inputs,
                    outputChannels: shape.filters), scheme: .winograd43))
    }

    @Test(arguments: [(1, 16, 16), (5, 32, 64), (25, 48, 80), (3, 160, 288), (120, 16, 32)])
    func wholeMapsAgreeWithReference(batch: Int, inputs: Int, filters: Int) {
        check(
            ConvolutionPlan(
                ConvolutionGeometry(batch: batch, inputHeight: 2, inputWidth: 2, inputChannels: inputs, outputChannels: filters),
                scheme: .wholeMap2))
    }

    private func check(_ plan: ConvolutionPlan) {
        let (one, g) = (PlannedConvolution(plan), plan.geometry)
        expectClose(
            one.forward(),
            Reference.convolutionForward(input: one.input.doubles, weights: one.weights.doubles, bias: one.bias.doubles, geometry: g),
            relative: tolerance(terms: g.patchCount), "\(g) forward")
        let gradients = one.backward()
        expectClose(
            gradients.input,
            Reference.convolutionInputGradient(outputGradient: one.outputGradient.doubles, weights: one.weights.doubles, geometry: g),
            relative: tolerance(terms: 9 * g.outputChannels), "\(g) input gradient")
        let expected = Reference.convolutionWeightGradient(
            outputGradient: one.outputGradient.doubles, input: one.input.doubles, geometry: g)
        expectClose(gradients.weights, expected.weightGradient, relative: tolerance(terms: g.outputRows), "\(g) weight gradient")
    }

    /// The error of each of VGG-16's layers, root mean square over root mean square, against Double: not more than five times that of
    /// a direct sum by OpenBLAS, which adds up in short runs.
    @Test(arguments: [(32, 64, 64), (16, 64, 128), (16, 128, 128), (8, 128, 256), (8, 256, 256), (4, 256, 512), (4, 512, 512), (2, 512, 512)])
    func errsLittleMoreThanADirectSum(size: Int, inputs: Int, filters: Int) {
        let g = ConvolutionGeometry(batch: 1, inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: filters)
        let (fast, direct) = (PlannedConvolution(ConvolutionPlan(g)), PlannedConvolution(ConvolutionPlan(g, scheme: .direct)))
        #expect(fast.plan.scheme != .direct)
        let expected = Reference.convolutionForward(
            input: fast.input.doubles, weights: fast.weights.doubles, bias: fast.bias.doubles, geometry: g)
        func error(_ values: [Float]) -> Double {
            let squares = zip(values, expected).reduce(0.0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
            return (squares / expected.reduce(0.0) { $0 + $1 * $1 }).squareRoot()
        }
        let errors = (fast: error(fast.forward()), direct: error(direct.forward()))
        #expect(errors.fast <= 5 * errors.direct, "\(g): \(errors)")
    }

    /// How tiles are cut into blocks is a matter of speed alone.
    @Test(arguments: [(ConvolutionPlan.Scheme.winograd43, 8, 160, 48), (.winograd43, 6, 16, 272), (.wholeMap2, 2, 400, 224)])
    func blocksChangeNoBit(scheme: ConvolutionPlan.Scheme, size: Int, inputs: Int, filters: Int) {
        let g = ConvolutionGeometry(batch: 7, inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: filters)
        let usual = PlannedConvolution(ConvolutionPlan(g, scheme: scheme))
        let (forward, backward) = (usual.forward(), usual.backward())
        for tiles in [1, 3, 14, 15, 1000] {
            let other = PlannedConvolution(
                ConvolutionPlan(g, scheme: scheme, blocking: TileBlocking(forwardTiles: tiles, backwardTiles: tiles)))
            #expect(other.forward() == forward, "blocks of \(tiles) tiles, forward")
            let gradients = other.backward()
            #expect(gradients.input == backward.input, "blocks of \(tiles) tiles, input gradient")
            #expect(gradients.weights == backward.weights, "blocks of \(tiles) tiles, weight gradient")
        }
    }

    /// A sample's output has the same bits alone and among others: rows of our products do not know each other.
    @Test(arguments: [(ConvolutionPlan.Scheme.winograd43, 8), (.winograd43, 5), (.wholeMap2, 2)])
    func aSampleDoesNotDependOnItsNeighbours(scheme: ConvolutionPlan.Scheme, size: Int) {
        func geometry(_ batch: Int) -> ConvolutionGeometry {
            ConvolutionGeometry(batch: batch, inputHeight: size, inputWidth: size, inputChannels: 48, outputChannels: 64)
        }
        let all = PlannedConvolution(ConvolutionPlan(geometry(17), scheme: scheme))
        let together = all.forward()
        let (inputs, outputs) = (all.input.array.count / 17, together.count / 17)
        for sample in [0, 9, 16] {
            let alone = PlannedConvolution(ConvolutionPlan(geometry(1), scheme: scheme))
            let image = Memory(Array(all.input.array[sample * inputs..<(sample + 1) * inputs]))
            #expect(alone.forward(input: image) == Array(together[sample * outputs..<(sample + 1) * outputs]))
        }
    }

    /// A gradient that is added as it is made has the bits of two that are added afterwards.
    @Test(arguments: [
        (ConvolutionPlan.Scheme.winograd43, 4, 32, 48), (.winograd43, 32, 16, 16), (.wholeMap2, 2, 32, 32), (.direct, 4, 3, 17), (.direct, 32, 3, 64),
    ])
    func addsWithTheBitsOfASum(scheme: ConvolutionPlan.Scheme, size: Int, inputs: Int, filters: Int) {
        let g = ConvolutionGeometry(batch: 5, inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: filters)
        let one = PlannedConvolution(ConvolutionPlan(g, scheme: scheme))
        let start = randomFloats(g.weightCount, seed: 9)
        let (apart, added) = (one.backward(), one.backward(start: start))
        let sums: [Float] = zip(start, apart.weights).map { $0 + $1 }
        #expect(added.weights == sums)
        #expect(added.input == apart.input)
    }

    @Test func theSchemeFollowsFromTheShapeAlone() {
        func scheme(_ size: Int, _ inputs: Int, _ filters: Int, kernel: Int = 3, stride: Int = 1) -> ConvolutionPlan.Scheme {
            ConvolutionPlan(
                ConvolutionGeometry(
                    batch: 3, inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: filters, kernelHeight: kernel,
                    kernelWidth: kernel, stride: stride, padding: kernel / 2)
            ).scheme
        }
        #expect(scheme(32, 64, 64) == .winograd43)
        #expect(scheme(4, 512, 512) == .winograd43)
        #expect(scheme(2, 512, 512) == .wholeMap2)
        #expect(scheme(1, 512, 512) == .direct)
        #expect(scheme(32, 3, 64) == .direct)
        #expect(scheme(8, 64, 24) == .direct)
        #expect(scheme(8, 64, 64, kernel: 5) == .direct)
        #expect(scheme(8, 64, 64, stride: 2) == .direct)
    }
}
