extension Reference {
    /// The convolution of SiLU(input); input [N, H, W, C], weights [k, k, C], output [N, oH, oW, C].
    @inlinable
    public static func depthwiseForward<Scalar: BinaryFloatingPoint>(
        input: [Scalar], weights: [Scalar], geometry g: DepthwiseGeometry
    ) -> [Scalar] {
        depthwiseConvolution(input: input.map { $0 * sigmoid($0) }, weights: weights, geometry: g)
    }

    /// Input [N, H, W, C] as it is; factors and bias [C]; output [N, oH, oW, C], means [N, C].
    @inlinable
    public static func depthwiseInference<Scalar: BinaryFloatingPoint>(
        input: [Scalar], weights: [Scalar], factors: [Scalar], bias: [Scalar], geometry g: DepthwiseGeometry
    ) -> (output: [Scalar], means: [Scalar]) {
        var output = depthwiseConvolution(input: input, weights: weights, geometry: g)
        var means = [Scalar](repeating: 0, count: g.batch * g.channels)
        let positions = g.outputHeight * g.outputWidth
        for index in output.indices {
            let (c, sample) = (index % g.channels, index / g.channels / positions)
            let value = output[index] * factors[c] + bias[c]
            output[index] = value * sigmoid(value)
            means[sample * g.channels + c] += output[index] / Scalar(positions)
        }
        return (output, means)
    }

    /// The gradients of `depthwiseForward`; outputGradient [N, oH, oW, C].
    @inlinable
    public static func depthwiseBackward<Scalar: BinaryFloatingPoint>(
        outputGradient: [Scalar], input: [Scalar], weights: [Scalar], geometry g: DepthwiseGeometry
    ) -> (weightGradient: [Scalar], inputGradient: [Scalar]) {
        var weightGradient = [Scalar](repeating: 0, count: g.weightCount)
        var inputGradient = [Scalar](repeating: 0, count: g.inputCount)
        depthwiseTaps(g) { output, place, tap in
            weightGradient[tap] += outputGradient[output] * input[place] * sigmoid(input[place])
            inputGradient[place] += outputGradient[output] * weights[tap]
        }
        for index in input.indices {
            let gate = sigmoid(input[index])
            inputGradient[index] *= gate + input[index] * gate * (1 - gate)
        }
        return (weightGradient, inputGradient)
    }

    @inlinable
    static func depthwiseConvolution<Scalar: BinaryFloatingPoint>(
        input: [Scalar], weights: [Scalar], geometry g: DepthwiseGeometry
    ) -> [Scalar] {
        var result = [Scalar](repeating: 0, count: g.outputCount)
        depthwiseTaps(g) { output, place, tap in result[output] += input[place] * weights[tap] }
        return result
    }

    /// Calls `body` with the places of all products, output by output and in each the kernel's rows and columns ascending.
    @inlinable
    static func depthwiseTaps(_ g: DepthwiseGeometry, _ body: (_ output: Int, _ input: Int, _ tap: Int) -> Void) {
        for index in 0..<(g.outputRows * g.channels) {
            let (c, x) = (index % g.channels, index / g.channels % g.outputWidth)
            let row = index / g.channels / g.outputWidth
            let (sample, y) = (row / g.outputHeight, row % g.outputHeight)
            for ky in 0..<g.kernel {
                for kx in 0..<g.kernel {
                    let (inputY, inputX) = (y * g.stride + ky - g.padding, x * g.stride + kx - g.padding)
                    guard inputY >= 0, inputY < g.height, inputX >= 0, inputX < g.width else { continue }
                    body(
                        index, ((sample * g.height + inputY) * g.width + inputX) * g.channels + c,
                        (ky * g.kernel + kx) * g.channels + c)
                }
            }
        }
    }
}
