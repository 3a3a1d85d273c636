import Tensors

/// output = depthwise convolution of SiLU(n), with the moments of its channels.
///
/// The bits of the output depend neither on the batch around a sample nor on the machine; see `depthwiseSweep`.
///
/// - Parameters:
///   - output: [N, oH, oW, C], overwritten.
///   - moments: of C channels, cleared and filled.
///   - input: n, the normalised map before SiLU, [N, H, W, C].
///   - weights: [k, k, C]
///   - workspace: at least `depthwiseWorkspaceCount` floats.
public func depthwiseForward(
    output: FloatBuffer, moments: BlockMoments, input: NormalizedMap, weights: FloatBuffer, geometry g: DepthwiseGeometry,
    workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(input.convolved, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    require(moments.channels == g.channels && input.channels == g.channels, "moments or coefficients of other channels")
    require(workspace.count >= depthwiseWorkspaceCount(g), "a workspace that is too small")
    moments.clear()
    depthwiseSweep(
        TrainingEnds(input: input, moments: moments, geometry: g), output: output, weights: weights, geometry: g, workspace: workspace)
}

/// Batch norm and SiLU before the convolution, moments behind it.
private struct TrainingEnds: DepthwiseEnds {
    let input: NormalizedMap
    let moments: BlockMoments
    let geometry: DepthwiseGeometry

    @inline(never)
    func fill(_ ring: RowRing, sample: Int, y: Int, chunk: ChannelChunk) {
        let source = input.convolved.pointer
            + ((sample &* geometry.height &+ y) &* geometry.width &* geometry.channels &+ chunk.firstChannel)
        let target = ring.pixels(y, block: 0)
        for x in 0..<geometry.width {
            let (pixel, place) = (source + x &* geometry.channels, target + x &* vectorWidth)
            for block in 0..<chunk.fullBlocks {
                let vectors = input.coefficients.vectors(at: chunk.firstChannel &+ block &* vectorWidth)
                place.store(silu(vectors.normalized(pixel.vector(at: block &* vectorWidth))), at: block &* ring.blockFloats)
            }
        }
        guard chunk.fullBlocks < chunk.blocks else { return }
        let block = chunk.fullBlocks
        let vectors = input.coefficients.vectors(at: chunk.firstChannel &+ block &* vectorWidth, lanes: chunk.lastLanes)
        for x in 0..<geometry.width {
            let z = source.vector(at: x &* geometry.channels &+ block &* vectorWidth, count: chunk.lastLanes)
            target.store(silu(vectors.normalized(z)), at: block &* ring.blockFloats &+ x &* vectorWidth)
        }
    }

    /// Runs of 16 pixels of a row.
    @inline(never)
    func finish(
        _ row: UnsafeMutablePointer<Float>, step: Int, sample: Int, y: Int, block: Int, chunk: ChannelChunk, workspace: ForwardWorkspace
    ) {
        let tile = moments.tiles + (chunk.firstChannel / vectorWidth &+ block)
        var first = 0
        while first < geometry.outputWidth {
            let count = min(16, geometry.outputWidth &- first)
            tile.pointee.add(count: count) { body in
                for x in first..<(first &+ count) { body(row.vector(at: x &* step)) }
            }
            first &+= count
        }
    }
}

/// target = SiLU(n)
func activate(_ target: FloatBuffer, _ source: NormalizedMap) {
    let channels = source.channels
    for row in 0..<(target.count / channels) {
        forEachVector(channels) { channel, lanes in
            let place = row &* channels &+ channel
            let vectors = source.coefficients.vectors(at: channel, lanes: lanes)
            target.pointer.store(
                silu(vectors.normalized(source.convolved.pointer.vector(at: place, count: lanes))), at: place, count: lanes)
        }
    }
}
