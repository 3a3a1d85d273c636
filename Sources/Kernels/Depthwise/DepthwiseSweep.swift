import Tensors

/// What differs between training and inference on the way forward. Neither has to do with blocks of fewer than 16 channels:
/// these come and go through a row in the workspace. What the lanes without a channel hold there is nobody's concern.
protocol DepthwiseEnds {
    /// Before the first sample of a chunk.
    func begin(_ workspace: ForwardWorkspace, _ chunk: ChannelChunk)

    /// Writes row y of the convolution's input to the ring.
    /// - Parameters:
    ///   - source: the first pixel of the first of the blocks.
    ///   - step: floats from one pixel to the next.
    func fill(_ ring: RowRing, y: Int, blocks: Range<Int>, chunk: ChannelChunk, source: UnsafePointer<Float>, step: Int)

    /// Whether the convolution's own rows are the output.
    static var isLast: Bool { get }

    /// Takes a finished row and, where it is not the output itself, writes what becomes of it to the output.
    func finish(_ row: DepthwiseRow, _ chunk: ChannelChunk, _ workspace: ForwardWorkspace)
}

/// A row of a convolution's output for one block of channels.
struct DepthwiseRow {
    let sample: Int
    let y: Int
    let block: Int
    /// The first pixel.
    let values: UnsafePointer<Float>
    /// Floats from one pixel to the next.
    let valueStep: Int
    /// The first pixel of what is to be written; may be the row itself.
    let target: UnsafeMutablePointer<Float>
    let targetStep: Int
    /// The rows of the input that will be needed next begin here, all channels.
    let nextInput: UnsafePointer<Float>
}

/// output = depthwise convolution of what `ends` puts into the ring, row by row.
///
/// Each element is one chain of fused multiply-adds from zero over the kernel's rows and in them its columns. Taps above and
/// below the map are left out; taps to its left and right add 0 · weight.
func depthwiseSweep<Ends: DepthwiseEnds>(
    _ ends: Ends, output: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, geometry g: DepthwiseGeometry,
    workspace: FloatBuffer
) {
    ChannelChunk.forEach(channels: g.channels, largest: ForwardWorkspace.largestChunk(g)) { chunk in
        let parts = ForwardWorkspace(workspace, g, blocks: chunk.blocks)
        packTaps(parts.weights, weights, chunk, taps: g.taps, channels: g.channels)
        ends.begin(parts, chunk)
        let lastBlock = chunk.fullBlocks &* vectorWidth
        for sample in 0..<g.batch {
            var filled = 0
            for y in 0..<g.outputHeight {
                let rows = g.inputRows(of: y)
                while filled < rows.upperBound {
                    let source = input.pointer + ((sample &* g.height &+ filled) &* g.width &* g.channels &+ chunk.firstChannel)
                    ends.fill(
                        parts.input, y: filled, blocks: 0..<chunk.fullBlocks, chunk: chunk, source: source, step: g.channels)
                    if chunk.hasPart {
                        gather(parts.row, source + lastBlock, step: g.channels, pixels: g.width, lanes: chunk.lastLanes)
                        ends.fill(
                            parts.input, y: filled, blocks: chunk.fullBlocks..<chunk.blocks, chunk: chunk, source: parts.row,
                            step: vectorWidth)
                    }
                    filled &+= 1
                }
                let nextInput = input.pointer + ((sample &* g.height &+ filled) &* g.width &* g.channels)
                let firstTap = rows.lowerBound &- (y &* g.stride &- g.padding)
                let outputRow = sample &* g.outputHeight &+ y
                let target = output.pointer + (outputRow &* g.outputWidth &* g.channels &+ chunk.firstChannel)
                for block in 0..<chunk.blocks {
                    let isFull = block < chunk.fullBlocks
                    let (place, step) = isFull ? (target + block &* vectorWidth, g.channels) : (parts.row, vectorWidth)
                    let (values, valueStep) = Ends.isLast ? (place, step) : (parts.row, vectorWidth)
                    TapProduct(
                        target: values, targetStep: valueStep,
                        source: parts.input.position(rows.lowerBound, column: -g.padding, block: block, down: true),
                        tapStep: vectorWidth, weights: parts.weights + (block &* g.taps &+ firstTap &* g.kernel) &* vectorWidth,
                        weightStep: vectorWidth, weightRowStep: g.kernel &* vectorWidth, tapRows: rows.count, taps: g.kernel
                    ).run(pixels: g.outputWidth, stride: g.stride)
                    let row = DepthwiseRow(
                        sample: sample, y: y, block: block, values: values, valueStep: valueStep, target: place, targetStep: step,
                        nextInput: nextInput)
                    ends.finish(row, chunk, parts)
                    if !isFull {
                        scatter(target + lastBlock, step: g.channels, parts.row, pixels: g.outputWidth, lanes: chunk.lastLanes)
                    }
                }
            }
        }
    }
}
