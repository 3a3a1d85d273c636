import Tensors

/// output = SiLU(depthwise convolution · factors + bias), with the means of its maps for the squeeze.
///
/// The bits of a sample's output and means depend neither on the batch around it nor on the machine; see `depthwiseSweep`.
///
/// - Parameters:
///   - output: [N, oH, oW, C], overwritten.
///   - means: [N, C], overwritten.
///   - input: [N, H, W, C], activated.
///   - weights: [k, k, C]
///   - factors, bias: [C], a folded batch norm.
///   - workspace: at least `depthwiseWorkspaceCount` floats.
public func depthwiseInference(
    output: FloatBuffer, means: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, factors: FloatBuffer, bias: FloatBuffer,
    geometry g: DepthwiseGeometry, workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(means, g.batch * g.channels, "means")
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    requireCount(factors, g.channels, "factors")
    requireCount(bias, g.channels, "bias")
    require(workspace.count >= depthwiseWorkspaceCount(g), "a workspace that is too small")
    depthwiseSweep(
        InferenceEnds(means: means, input: input, factors: factors, bias: bias, geometry: g), output: output, weights: weights,
        geometry: g, workspace: workspace)
}

/// The map as it is before the convolution; factor, bias, SiLU and means behind it.
private struct InferenceEnds: DepthwiseEnds {
    let means: FloatBuffer
    let input: FloatBuffer
    let factors: FloatBuffer
    let bias: FloatBuffer
    let geometry: DepthwiseGeometry

    @inline(never)
    func fill(_ ring: RowRing, sample: Int, y: Int, chunk: ChannelChunk) {
        let source = input.pointer + ((sample &* geometry.height &+ y) &* geometry.width &* geometry.channels &+ chunk.firstChannel)
        let target = ring.pixels(y, block: 0)
        for x in 0..<geometry.width {
            let (pixel, place) = (source + x &* geometry.channels, target + x &* vectorWidth)
            for block in 0..<chunk.fullBlocks { place.store(pixel.vector(at: block &* vectorWidth), at: block &* ring.blockFloats) }
        }
        guard chunk.fullBlocks < chunk.blocks else { return }
        let block = chunk.fullBlocks
        for x in 0..<geometry.width {
            target.store(
                source.vector(at: x &* geometry.channels &+ block &* vectorWidth, count: chunk.lastLanes),
                at: block &* ring.blockFloats &+ x &* vectorWidth)
        }
    }

    /// Sums of a row, and the sum of these from the first row to the last.
    @inline(never)
    func finish(
        _ row: UnsafeMutablePointer<Float>, step: Int, sample: Int, y: Int, block: Int, chunk: ChannelChunk, workspace: ForwardWorkspace
    ) {
        let (channel, lanes) = (chunk.firstChannel &+ block &* vectorWidth, chunk.lanes(block))
        let (factor, start) = (factors.pointer.vector(at: channel, count: lanes), bias.pointer.vector(at: channel, count: lanes))
        var sum = Vector()
        for x in 0..<geometry.outputWidth {
            let value = silu(start.addingProduct(row.vector(at: x &* step), factor))
            row.store(value, at: x &* step)
            sum += value
        }
        let total = y == 0 ? sum : workspace.sums.vector(at: block &* vectorWidth) + sum
        workspace.sums.store(total, at: block &* vectorWidth)
        if y == geometry.outputHeight &- 1 {
            means.pointer.store(
                total / Float(geometry.outputHeight &* geometry.outputWidth), at: sample &* geometry.channels &+ channel, count: lanes)
        }
    }
}
