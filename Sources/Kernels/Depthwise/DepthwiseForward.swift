import CProcessor
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
        TrainingEnds(coefficients: input.coefficients, moments: moments, geometry: g), output: output, input: input.convolved,
        weights: weights, geometry: g, workspace: workspace)
}

/// Batch norm and SiLU before the convolution, moments behind it.
private struct TrainingEnds: DepthwiseEnds {
    let coefficients: ChannelCoefficients
    let moments: BlockMoments
    let geometry: DepthwiseGeometry

    static var isLast: Bool { true }

    func begin(_ workspace: ForwardWorkspace, _ chunk: ChannelChunk) {}

    @inline(never)
    func fill(_ ring: RowRing, y: Int, blocks: Range<Int>, chunk: ChannelChunk, source: UnsafePointer<Float>, step: Int) {
        let (target, blockFloats) = (ring.pixels(y, block: blocks.lowerBound), ring.blockFloats)
        let first = chunk.firstChannel &+ blocks.lowerBound &* vectorWidth
        let nextRow = geometry.width &* step
        for x in 0..<geometry.width {
            let (pixel, place) = (source + x &* step, target + x &* vectorWidth)
            for block in 0..<blocks.count {
                filterscope_prefetch(pixel + (block &* vectorWidth &+ nextRow))
                let vectors = coefficients.vectors(at: first &+ block &* vectorWidth)
                place.store(silu(vectors.normalized(pixel.vector(at: block &* vectorWidth))), at: block &* blockFloats)
            }
        }
    }

    /// The moments by runs of 16 pixels of a row.
    @inline(never)
    func finish(_ row: DepthwiseRow, _ chunk: ChannelChunk, _ workspace: ForwardWorkspace) {
        let tile = moments.tiles + (chunk.firstChannel / vectorWidth &+ row.block)
        var first = 0
        while first < geometry.outputWidth {
            let count = min(16, geometry.outputWidth &- first)
            tile.pointee.add(count: count) { body in
                for x in first..<(first &+ count) { body(row.values.vector(at: x &* row.valueStep)) }
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
