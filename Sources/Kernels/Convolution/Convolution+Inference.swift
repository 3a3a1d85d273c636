import Tensors

extension ConvolutionPlan {
    /// output = max(0, input ∗ weights + bias), or its 2×2 maxima: convolution, folded batch norm, ReLU and max-pool in one pass.
    ///
    /// - Parameters:
    ///   - output: [N, H, W, F], or [N, H / 2, W / 2, F] where `pooled`, for which H and W are even. Overwritten.
    ///   - input: [N, H, W, C]
    ///   - folded: by `prepareFolded`.
    ///   - bias: [F], with the batch norm folded in.
    ///   - workspace: at least `inferenceWorkspaceCount(pooled:)` floats.
    public func inference(
        output: FloatBuffer, input: FloatBuffer, folded: FloatBuffer, bias: FloatBuffer, pooled: Bool, workspace: FloatBuffer
    ) {
        let shape = BlockShape(
            batch: geometry.batch, height: geometry.outputHeight, width: geometry.outputWidth, channels: geometry.outputChannels,
            pooled: pooled)
        requireCount(output, shape.outputCount, "output")
        requireCount(input, geometry.inputCount, "input")
        requireCount(folded, foldedCount, "folded")
        requireCount(bias, geometry.outputChannels, "bias")
        require(workspace.count >= inferenceWorkspaceCount(pooled: pooled), "workspace is too small")
        switch scheme {
        case .winograd43: inference(Winograd43.self, output, input, folded, bias, pooled, workspace)
        case .wholeMap2: inference(WholeMap2.self, output, input, folded, bias, pooled, workspace)
        case .direct:
            let mapCount = pooled ? alignedCount(geometry.outputCount) : 0
            let map = pooled ? workspace.slice(0, geometry.outputCount) : output
            convolutionForward(
                output: map, input: input, weights: folded, bias: bias, geometry: geometry,
                workspace: workspace.slice(mapCount, workspace.count - mapCount))
            reluForward(output: map, input: map)
            guard pooled else { return }
            maxPoolForward(
                output: output, input: map,
                geometry: PoolGeometry(batch: shape.batch, height: shape.height, width: shape.width, channels: shape.channels))
        }
    }

    private func inference<Tiles: TileScheme>(
        _: Tiles.Type, _ output: FloatBuffer, _ input: FloatBuffer, _ folded: FloatBuffer, _ bias: FloatBuffer, _ pooled: Bool,
        _ workspace: FloatBuffer
    ) {
        let map = MapSink(
            output: output.pointer, bias: bias.pointer, height: geometry.outputHeight, width: geometry.outputWidth,
            channels: geometry.outputChannels)
        TileConvolution<Tiles>(geometry: geometry, blocking: blocking).forward(
            to: RectifyingSink(map: map, pooled: pooled), input: input.pointer, panels: folded.pointer,
            workspace: workspace.pointer)
    }
}
