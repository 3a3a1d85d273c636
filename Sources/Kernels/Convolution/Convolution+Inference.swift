import Tensors

extension ConvolutionPlan {
    /// output = max(0, (input ∗ weights) · factors + bias), or its 2×2 maxima: convolution, folded batch norm, ReLU and max-pool in one
    /// pass.
    ///
    /// - Parameters:
    ///   - output: [N, H, W, F], or [N, H / 2, W / 2, F] where `pooled`, for which H and W are even. Overwritten.
    ///   - input: [N, H, W, C]
    ///   - weights: [kH, kW, C, F]
    ///   - factors, bias: [F], a batch norm's scale / √(variance + ε) and shift + (bias − mean) · factor.
    ///   - workspace: at least `inferenceWorkspaceCount(pooled:)` floats.
    public func inference(
        output: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, factors: FloatBuffer, bias: FloatBuffer, pooled: Bool,
        workspace: FloatBuffer
    ) {
        let shape = BlockShape(
            batch: geometry.batch, height: geometry.outputHeight, width: geometry.outputWidth, channels: geometry.outputChannels,
            pooled: pooled)
        requireCount(output, shape.outputCount, "output")
        requireCount(input, geometry.inputCount, "input")
        requireCount(weights, geometry.weightCount, "weights")
        requireCount(factors, geometry.outputChannels, "factors")
        requireCount(bias, geometry.outputChannels, "bias")
        require(workspace.count >= inferenceWorkspaceCount(pooled: pooled), "workspace is too small")
        switch scheme {
        case .winograd43: inference(Winograd43.self, output, input, weights, factors, bias, pooled, workspace)
        case .wholeMap2: inference(WholeMap2.self, output, input, weights, factors, bias, pooled, workspace)
        case .direct:
            let coefficientCount = ChannelCoefficients.count(channels: geometry.outputChannels)
            let rest = alignedCount(coefficientCount) + (pooled ? alignedCount(geometry.outputCount) : 0)
            let map = pooled ? workspace.slice(alignedCount(coefficientCount), geometry.outputCount) : output
            let coefficients = ChannelCoefficients(workspace.slice(0, coefficientCount), channels: geometry.outputChannels)
            coefficients.setAffine(factors: factors, shift: bias)
            convolutionForward(
                output: map, input: input, weights: weights, bias: nil, geometry: geometry,
                workspace: workspace.slice(rest, workspace.count - rest))
            normalizeBlock(output: output, convolved: map, coefficients: coefficients, shape: shape)
        }
    }

    private func inference<Tiles: TileScheme>(
        _: Tiles.Type, _ output: FloatBuffer, _ input: FloatBuffer, _ weights: FloatBuffer, _ factors: FloatBuffer,
        _ bias: FloatBuffer, _ pooled: Bool, _ workspace: FloatBuffer
    ) {
        let map = MapSink(
            output: output.pointer, bias: bias.pointer, height: geometry.outputHeight, width: geometry.outputWidth,
            channels: geometry.outputChannels)
        TileConvolution<Tiles>(geometry: geometry, blocking: blocking).forward(
            to: RectifyingSink(map: map, pooled: pooled), input: input.pointer, weights: weights.pointer,
            factors: factors.pointer, workspace: workspace.pointer)
    }
}
