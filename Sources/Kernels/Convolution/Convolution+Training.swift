import Tensors

extension ConvolutionPlan {
    /// output = input ∗ weights + bias, and the moments of its channels. Overwrites both.
    ///
    /// - Parameters:
    ///   - output: [N, H, W, F]
    ///   - moments: of F channels; nil where nobody wants them.
    ///   - input: [N, H, W, C]
    ///   - weights: [kH, kW, C, F]
    ///   - bias: [F] or nil
    ///   - workspace: at least `forwardWorkspaceCount` floats.
    public func forward(
        output: FloatBuffer, moments: BlockMoments?, input: FloatBuffer, weights: FloatBuffer, bias: FloatBuffer?,
        workspace: FloatBuffer
    ) {
        requireCount(output, geometry.outputCount, "output")
        requireCount(input, geometry.inputCount, "input")
        requireCount(weights, geometry.weightCount, "weights")
        if let bias { requireCount(bias, geometry.outputChannels, "bias") }
        require(moments == nil || moments?.channels == geometry.outputChannels, "moments of other channels")
        require(workspace.count >= forwardWorkspaceCount, "workspace is too small")
        moments?.clear()
        switch scheme {
        case .winograd43: forward(Winograd43.self, output, moments, input, weights, bias, workspace)
        case .wholeMap2: forward(WholeMap2.self, output, moments, input, weights, bias, workspace)
        case .direct:
            convolutionForward(output: output, input: input, weights: weights, bias: bias, geometry: geometry, workspace: workspace)
            moments?.add(output.pointer, rows: geometry.outputRows)
        }
    }

    private func forward<Tiles: TileScheme>(
        _: Tiles.Type, _ output: FloatBuffer, _ moments: BlockMoments?, _ input: FloatBuffer, _ weights: FloatBuffer,
        _ bias: FloatBuffer?, _ workspace: FloatBuffer
    ) {
        let tiles = TileConvolution<Tiles>(geometry: geometry, blocking: blocking)
        let map = MapSink(
            output: output.pointer, bias: bias.map { UnsafePointer($0.pointer) }, height: geometry.outputHeight,
            width: geometry.outputWidth, channels: geometry.outputChannels)
        if let moments {
            tiles.forward(
                to: MeasuringSink(map: map, moments: moments.tiles), input: input.pointer, weights: weights.pointer,
                factors: nil, workspace: workspace.pointer)
        } else {
            tiles.forward(
                to: map, input: input.pointer, weights: weights.pointer, factors: nil, workspace: workspace.pointer)
        }
    }

    /// The gradients of weights and input, from that of the block's output: through max-pool, ReLU and batch norm on the way, so that
    /// the gradient of the convolution's own output is nowhere stored (by the schemes that go by tiles).
    ///
    /// - Parameters:
    ///   - weightGradient: [kH, kW, C, F], overwritten, or added to where `adds` is set.
    ///   - inputGradient: [N, H, W, C], overwritten; nil where nobody wants it.
    ///   - outputGradient: of the block's output, `shape.outputCount` floats.
    ///   - convolved: the convolution's output, [N, H, W, F].
    ///   - coefficients: as `finishBatchGradients` left them.
    ///   - input: [N, H, W, C]
    ///   - weights: [kH, kW, C, F]
    ///   - workspace: at least `backwardWorkspaceCount` floats.
    public func backward(
        weightGradient: FloatBuffer, adds: Bool = false, inputGradient: FloatBuffer?, outputGradient: FloatBuffer, convolved: FloatBuffer,
        coefficients: ChannelCoefficients, shape: BlockShape, input: FloatBuffer, weights: FloatBuffer,
        workspace: FloatBuffer
    ) {
        requireCount(outputGradient, shape.outputCount, "outputGradient")
        requireCount(convolved, geometry.outputCount, "convolved")
        require(
            shape.convolvedCount == geometry.outputCount && shape.height == geometry.outputHeight
                && coefficients.channels == geometry.outputChannels, "a block of another shape than its convolution")
        let call = BackwardCall(
            plan: self, weightGradient: weightGradient, adds: adds, inputGradient: inputGradient, input: input, weights: weights,
            workspace: workspace)
        if shape.pooled {
            let source = PooledNormalizedGradient(
                upper: outputGradient.pointer, convolved: convolved.pointer, coefficients: coefficients, height: shape.height,
                width: shape.width)
            call.run(source) { materializeGradient($0, source, shape) }
        } else {
            let source = NormalizedGradient(
                upper: outputGradient.pointer, convolved: convolved.pointer, coefficients: coefficients, height: shape.height,
                width: shape.width)
            call.run(source) { materializeGradient($0, source, shape) }
        }
    }

    /// The same for a convolution alone, from the gradient of its own output.
    ///
    /// - Parameter outputGradient: [N, H, W, F]
    public func backward(
        weightGradient: FloatBuffer, adds: Bool = false, inputGradient: FloatBuffer?, outputGradient: FloatBuffer, input: FloatBuffer,
        weights: FloatBuffer, workspace: FloatBuffer
    ) {
        requireCount(outputGradient, geometry.outputCount, "outputGradient")
        let source = PlainGradient(
            map: outputGradient.pointer, height: geometry.outputHeight, width: geometry.outputWidth, channels: geometry.outputChannels)
        BackwardCall(
            plan: self, weightGradient: weightGradient, adds: adds, inputGradient: inputGradient, input: input, weights: weights,
            workspace: workspace
        ).run(source) { $0.update(from: outputGradient.pointer, count: outputGradient.count) }
    }
}

/// One call of `ConvolutionPlan.backward`, whatever its gradient comes from.
private struct BackwardCall {
    let plan: ConvolutionPlan
    let weightGradient: FloatBuffer
    let adds: Bool
    let inputGradient: FloatBuffer?
    let input: FloatBuffer
    let weights: FloatBuffer
    let workspace: FloatBuffer

    /// - Parameter materialize: writes the gradient of the convolution's output as a map.
    @inline(__always)
    func run<Source: TileSource>(_ source: Source, materialize: (UnsafeMutablePointer<Float>) -> Void) {
        let geometry = plan.geometry
        requireCount(weightGradient, geometry.weightCount, "weightGradient")
        requireCount(input, geometry.inputCount, "input")
        requireCount(weights, geometry.weightCount, "weights")
        if let inputGradient { requireCount(inputGradient, geometry.inputCount, "inputGradient") }
        require(workspace.count >= plan.backwardWorkspaceCount, "workspace is too small")
        switch plan.scheme {
        case .winograd43: run(Winograd43.self, source)
        case .wholeMap2: run(WholeMap2.self, source)
        case .direct:
            let map = workspace.slice(0, geometry.outputCount)
            let (mapEnd, sumEnd) = (alignedCount(geometry.outputCount), alignedCount(geometry.outputCount) + alignedCount(geometry.weightCount))
            let rest = workspace.slice(sumEnd, workspace.count - sumEnd)
            materialize(map.pointer)
            // Sums that are made apart and then added have the same bits as those of two buffers.
            let sums = adds ? workspace.slice(mapEnd, geometry.weightCount) : weightGradient
            convolutionWeightGradient(
                weightGradient: sums, biasGradient: nil, outputGradient: map, input: input, geometry: geometry, workspace: rest)
            if adds { addInto(weightGradient, sums) }
            if let inputGradient {
                convolutionInputGradient(
                    inputGradient: inputGradient, outputGradient: map, weights: weights, geometry: geometry, workspace: rest)
            }
        }
    }

    @inline(__always)
    private func run<Tiles: TileScheme, Source: TileSource>(_: Tiles.Type, _ source: Source) {
        TileConvolution<Tiles>(geometry: plan.geometry, blocking: plan.blocking).backward(
            weightGradient: weightGradient.pointer, adds: adds, inputGradient: inputGradient?.pointer, source: source,
            input: input.pointer, weights: weights.pointer, workspace: workspace.pointer)
    }
}
