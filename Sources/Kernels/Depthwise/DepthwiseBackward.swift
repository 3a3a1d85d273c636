import Tensors

/// The gradients of a depthwise convolution of SiLU(n) with a batch norm on either side of it.
///
/// Each sample is swept once from top to bottom. The weights' gradient is summed by rows of the output in Float, one after the
/// other; the input's gradient is gathered like a convolution, in the order of `TapProduct`.
///
/// - Parameters:
///   - weightGradient: [k, k, C], overwritten, or added to where `adds` is set.
///   - inputGradient: [N, H, W, C], overwritten with the gradient of n.
///   - inputBatchNorm: the gradients of the batch norm that made n; with them its coefficients of the way back.
///   - outputGradient: [N, oH, oW, C], with the coefficients of the way back.
///   - input: n
///   - weights: [k, k, C]
///   - workspace: at least `depthwiseWorkspaceCount` floats.
public func depthwiseBackward(
    weightGradient: FloatBuffer, adds: Bool, inputGradient: FloatBuffer, inputBatchNorm: BatchNormGradients,
    outputGradient: NormalizedMapGradient, input: NormalizedMap, weights: FloatBuffer, geometry g: DepthwiseGeometry,
    workspace: FloatBuffer
) {
    requireCount(weightGradient, g.weightCount, "weightGradient")
    requireCount(inputGradient, g.inputCount, "inputGradient")
    requireCount(inputBatchNorm.scale, g.channels, "inputBatchNorm.scale")
    requireCount(inputBatchNorm.shift, g.channels, "inputBatchNorm.shift")
    requireCount(outputGradient.gradient, g.outputCount, "outputGradient")
    requireCount(outputGradient.map.convolved, g.outputCount, "outputGradient.map")
    requireCount(input.convolved, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    require(input.channels == g.channels && outputGradient.map.channels == g.channels, "coefficients of other channels")
    require(workspace.count >= depthwiseWorkspaceCount(g), "a workspace that is too small")
    ChannelChunk.forEach(channels: g.channels, largest: BackwardWorkspace.largestChunk(g)) { chunk in
        let parts = BackwardWorkspace(workspace, g, blocks: chunk.blocks)
        packTaps(parts.weights, weights, chunk, taps: g.taps, channels: g.channels)
        let sweep = DepthwiseWayBack(
            geometry: g, chunk: chunk, parts: parts, input: input, outputGradient: outputGradient, inputGradient: inputGradient)
        for sample in 0..<g.batch { sweep.run(sample: sample) }
        for block in 0..<chunk.blocks {
            let (channel, lanes) = (chunk.firstChannel &+ block &* vectorWidth, chunk.lanes(block))
            for tap in 0..<g.taps {
                put(
                    parts.weightGradient.vector(at: (block &* g.taps &+ tap) &* vectorWidth), in: weightGradient,
                    at: tap &* g.channels &+ channel, lanes: lanes, adds: adds)
            }
            parts.totals[block].finish(
                input.coefficients, inputBatchNorm.scale, inputBatchNorm.shift, adds: inputBatchNorm.adds,
                rows: g.batch &* g.height &* g.width, channel: channel, lanes: lanes)
        }
    }
}
