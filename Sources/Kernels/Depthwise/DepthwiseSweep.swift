import Tensors

/// What differs between training and inference on the way forward.
protocol DepthwiseEnds {
    /// Writes row y of a sample of the convolution's input to the ring.
    func fill(_ ring: RowRing, sample: Int, y: Int, chunk: ChannelChunk)
    /// Takes a finished row of a block.
    /// - Parameter step: floats from one pixel to the next.
    func finish(
        _ row: UnsafeMutablePointer<Float>, step: Int, sample: Int, y: Int, block: Int, chunk: ChannelChunk, workspace: ForwardWorkspace)
}

/// output = depthwise convolution of what `ends` puts into the ring, row by row.
///
/// Each element is one chain of fused multiply-adds from zero over the kernel's rows and in them its columns. Taps above and below
/// the map are left out; taps to its left and right add 0 · weight.
@inline(__always)
func depthwiseSweep<Ends: DepthwiseEnds>(
    _ ends: Ends, output: FloatBuffer, weights: FloatBuffer, geometry g: DepthwiseGeometry, workspace: FloatBuffer
) {
    ChannelChunk.forEach(channels: g.channels, largest: ForwardWorkspace.largestChunk(g)) { chunk in
        let parts = ForwardWorkspace(workspace, g, blocks: chunk.blocks)
        packTaps(parts.weights, weights, chunk, taps: g.taps, channels: g.channels)
        for sample in 0..<g.batch {
            var filled = 0
            for y in 0..<g.outputHeight {
                let rows = g.inputRows(of: y)
                while filled < rows.upperBound {
                    ends.fill(parts.input, sample: sample, y: filled, chunk: chunk)
                    filled &+= 1
                }
                let firstTap = rows.lowerBound &- (y &* g.stride &- g.padding)
                let outputRow = sample &* g.outputHeight &+ y
                let place = output.pointer + (outputRow &* g.outputWidth &* g.channels &+ chunk.firstChannel)
                for block in 0..<chunk.blocks {
                    let isFull = block < chunk.fullBlocks
                    let target = isFull ? place + block &* vectorWidth : parts.row
                    let step = isFull ? g.channels : vectorWidth
                    TapProduct(
                        target: target, targetStep: step,
                        source: parts.input.position(rows.lowerBound, column: -g.padding, block: block, down: true),
                        tapStep: vectorWidth, weights: parts.weights + (block &* g.taps &+ firstTap &* g.kernel) &* vectorWidth,
                        weightStep: vectorWidth, weightRowStep: g.kernel &* vectorWidth, tapRows: rows.count, taps: g.kernel
                    ).run(pixels: g.outputWidth, stride: g.stride)
                    ends.finish(target, step: step, sample: sample, y: y, block: block, chunk: chunk, workspace: parts)
                    if !isFull {
                        scatter(place + block &* vectorWidth, step: g.channels, parts.row, pixels: g.outputWidth, lanes: chunk.lastLanes)
                    }
                }
            }
        }
    }
}

/// target[x · step] = source[x], `lanes` of 16 channels.
func scatter(_ target: UnsafeMutablePointer<Float>, step: Int, _ source: UnsafePointer<Float>, pixels: Int, lanes: Int) {
    for x in 0..<pixels { target.store(source.vector(at: x &* vectorWidth), at: x &* step, count: lanes) }
}
