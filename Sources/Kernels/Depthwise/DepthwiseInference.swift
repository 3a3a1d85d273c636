import CProcessor
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
        InferenceEnds(means: means, factors: factors, bias: bias, geometry: g), output: output, input: input, weights: weights,
        geometry: g, workspace: workspace)
}

/// The map as it is before the convolution; factor, bias, SiLU and means behind it.
private struct InferenceEnds: DepthwiseEnds {
    let means: FloatBuffer
    let factors: FloatBuffer
    let bias: FloatBuffer
    let geometry: DepthwiseGeometry

    /// Of a block in `perChannel`: factors, bias and sums.
    private static var blockFloats: Int { @inline(__always) get { 3 &* vectorWidth } }

    static var isLast: Bool { false }

    func begin(_ workspace: ForwardWorkspace, _ chunk: ChannelChunk) {
        packChannels(workspace.perChannel, step: Self.blockFloats, factors, chunk)
        packChannels(workspace.perChannel + vectorWidth, step: Self.blockFloats, bias, chunk)
    }

    @inline(never)
    func fill(_ ring: RowRing, y: Int, blocks: Range<Int>, chunk: ChannelChunk, source: UnsafePointer<Float>, step: Int) {
        let (target, blockFloats) = (ring.pixels(y, block: blocks.lowerBound), ring.blockFloats)
        for x in 0..<geometry.width {
            let (pixel, place) = (source + x &* step, target + x &* vectorWidth)
            for block in 0..<blocks.count { place.store(pixel.vector(at: block &* vectorWidth), at: block &* blockFloats) }
        }
    }

    /// A mean is the sum of the rows' sums, the first row first, over the number of pixels.
    @inline(never)
    func finish(_ row: DepthwiseRow, _ chunk: ChannelChunk, _ workspace: ForwardWorkspace) {
        let perChannel = workspace.perChannel + row.block &* Self.blockFloats
        let (factor, start) = (perChannel.vector(at: 0), perChannel.vector(at: vectorWidth))
        let lines = prefetchedLines(chunk)
        var ahead = row.nextInput + row.block &* geometry.outputWidth &* lines &* vectorWidth
        var sum = Vector()
        for x in 0..<geometry.outputWidth {
            for _ in 0..<lines {
                filterscope_prefetch(ahead)
                ahead += vectorWidth
            }
            let value = silu(start.addingProduct(row.values.vector(at: x &* row.valueStep), factor))
            row.target.store(value, at: x &* row.targetStep)
            sum += value
        }
        if row.y > 0 { sum = perChannel.vector(at: 2 &* vectorWidth) + sum }
        perChannel.store(sum, at: 2 &* vectorWidth)
        if row.y == geometry.outputHeight &- 1 { writeMeans(sum, row, chunk) }
    }

    /// Lines of the rows to come that are asked for with each pixel. Where a sample's map is too large for the second-level
    /// cache, to copy it into the ring is to wait for memory, which has little to do during SiLU.
    @inline(__always)
    private func prefetchedLines(_ chunk: ChannelChunk) -> Int {
        let isLarge = geometry.height &* geometry.width &* geometry.channels > 1 << 18
        let isWhole = chunk.blocks &* vectorWidth >= geometry.channels
        return isLarge && isWhole ? geometry.stride &* geometry.stride : 0
    }

    @inline(never)
    private func writeMeans(_ sum: Vector, _ row: DepthwiseRow, _ chunk: ChannelChunk) {
        means.pointer.store(
            sum / Float(geometry.outputHeight &* geometry.outputWidth),
            at: row.sample &* geometry.channels &+ chunk.firstChannel &+ row.block &* vectorWidth, count: chunk.lanes(row.block))
    }
}
