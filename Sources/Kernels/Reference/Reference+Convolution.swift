extension Reference {
    /// [N, oH, oW, F] from input [N, H, W, C], weights [kH, kW, C, F] and bias [F].
    @inlinable
    public static func convolutionForward<Scalar: BinaryFloatingPoint>(
        input: [Scalar], weights: [Scalar], bias: [Scalar]?, geometry g: ConvolutionGeometry
    ) -> [Scalar] {
        var output = [Scalar](repeating: 0, count: g.outputCount)
        if let bias {
            for index in output.indices { output[index] = bias[index % g.outputChannels] }
        }
        forEachConnection(g) { place, weight, result in output[result] += input[place] * weights[weight] }
        return output
    }

    /// [N, H, W, C] from outputGradient [N, oH, oW, F] and weights [kH, kW, C, F].
    @inlinable
    public static func convolutionInputGradient<Scalar: BinaryFloatingPoint>(
        outputGradient: [Scalar], weights: [Scalar], geometry g: ConvolutionGeometry
    ) -> [Scalar] {
        var gradient = [Scalar](repeating: 0, count: g.inputCount)
        forEachConnection(g) { input, weight, output in gradient[input] += outputGradient[output] * weights[weight] }
        return gradient
    }

    /// [kH, kW, C, F] and the bias's [F] from outputGradient [N, oH, oW, F] and input [N, H, W, C].
    @inlinable
    public static func convolutionWeightGradient<Scalar: BinaryFloatingPoint>(
        outputGradient: [Scalar], input: [Scalar], geometry g: ConvolutionGeometry
    ) -> (weightGradient: [Scalar], biasGradient: [Scalar]) {
        var gradient = [Scalar](repeating: 0, count: g.weightCount)
        var biasGradient = [Scalar](repeating: 0, count: g.outputChannels)
        forEachConnection(g) { place, weight, result in gradient[weight] += outputGradient[result] * input[place] }
        for index in outputGradient.indices { biasGradient[index % g.outputChannels] += outputGradient[index] }
        return (gradient, biasGradient)
    }

    /// Calls `body` with the places of an input value, a weight and an output value, for each product of the convolution.
    @inlinable
    static func forEachConnection(_ g: ConvolutionGeometry, _ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
        let (outputHeight, outputWidth) = (g.outputHeight, g.outputWidth)
        for n in 0..<g.batch {
            for y in 0..<outputHeight {
                for x in 0..<outputWidth {
                    for kernelY in 0..<g.kernelHeight {
                        for kernelX in 0..<g.kernelWidth {
                            let inputY = y * g.stride - g.padding + kernelY
                            let inputX = x * g.stride - g.padding + kernelX
                            guard 0..<g.inputHeight ~= inputY, 0..<g.inputWidth ~= inputX else { continue }
                            for c in 0..<g.inputChannels {
                                for f in 0..<g.outputChannels {
                                    body(
                                        ((n * g.inputHeight + inputY) * g.inputWidth + inputX) * g.inputChannels + c,
                                        ((kernelY * g.kernelWidth + kernelX) * g.inputChannels + c) * g.outputChannels + f,
                                        ((n * outputHeight + y) * outputWidth + x) * g.outputChannels + f)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
