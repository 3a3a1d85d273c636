import CProcessor
import Tensors

/// The way back of one chunk of channels. The loops over pixels are functions of their own that are not inlined: in a larger one
/// the compiler no longer inlines SiLU into them.
struct DepthwiseWayBack {
    let geometry: DepthwiseGeometry
    let chunk: ChannelChunk
    let parts: BackwardWorkspace
    let input: NormalizedMap
    let outputGradient: NormalizedMapGradient
    let inputGradient: FloatBuffer

    func run(sample: Int) {
        let g = geometry
        let lastBlock = chunk.fullBlocks &* vectorWidth
        var (filled, finished) = (0, 0)
        for y in 0..<g.outputHeight {
            let isLast = y == g.outputHeight &- 1
            let rows = g.inputRows(of: y)
            // Rows of the input that no later row of the output reaches.
            let complete = isLast ? g.height : (y &+ 1) &* g.stride &- g.padding
            let needed = max(rows.upperBound, complete)
            while filled < needed {
                let source = input.convolved.pointer + place(filled, sample: sample)
                let ahead = inputGradient.pointer + place(max(0, filled &- g.padding), sample: sample)
                activate(filled, blocks: 0..<chunk.fullBlocks, source: source, step: g.channels, ahead: ahead)
                if chunk.hasPart {
                    gather(parts.row, source + lastBlock, step: g.channels, pixels: g.width, lanes: chunk.lastLanes)
                    activate(filled, blocks: chunk.fullBlocks..<chunk.blocks, source: parts.row, step: vectorWidth, ahead: ahead)
                }
                filled &+= 1
            }
            let outputPlace = (sample &* g.outputHeight &+ y) &* g.outputWidth &* g.channels &+ chunk.firstChannel
            let (upper, z) = (
                outputGradient.gradient.pointer + outputPlace, outputGradient.map.convolved.pointer + outputPlace)
            fillGradient(y, blocks: 0..<chunk.fullBlocks, upper: upper, convolved: z, step: g.channels)
            if chunk.hasPart {
                gather(parts.row, upper + lastBlock, step: g.channels, pixels: g.outputWidth, lanes: chunk.lastLanes)
                gather(parts.otherRow, z + lastBlock, step: g.channels, pixels: g.outputWidth, lanes: chunk.lastLanes)
                fillGradient(
                    y, blocks: chunk.fullBlocks..<chunk.blocks, upper: parts.row, convolved: parts.otherRow, step: vectorWidth)
            }
            for block in 0..<chunk.blocks { addWeightGradient(y, rows: rows, block: block) }
            while finished < complete {
                let first = place(finished, sample: sample)
                let (target, z) = (inputGradient.pointer + first, input.convolved.pointer + first)
                for block in 0..<chunk.fullBlocks {
                    let offset = block &* vectorWidth
                    gatherTaps(finished, block: block)
                    finish(finished, block: block, target: target + offset, convolved: z + offset, step: g.channels)
                }
                if chunk.hasPart {
                    gatherTaps(finished, block: chunk.fullBlocks)
                    gather(parts.otherRow, z + lastBlock, step: g.channels, pixels: g.width, lanes: chunk.lastLanes)
                    finish(
                        finished, block: chunk.fullBlocks, target: parts.row, convolved: parts.otherRow, step: vectorWidth)
                    scatter(target + lastBlock, step: g.channels, parts.row, pixels: g.width, lanes: chunk.lastLanes)
                }
                finished &+= 1
            }
        }
    }

    /// Where the chunk's part of an input's row begins.
    private func place(_ y: Int, sample: Int) -> Int {
        (sample &* geometry.height &+ y) &* geometry.width &* geometry.channels &+ chunk.firstChannel
    }

    /// SiLU and its slope of a row of the input.
    /// - Parameter ahead: where the gradient of a row will be written about now.
    @inline(never)
    private func activate(_ y: Int, blocks: Range<Int>, source: UnsafePointer<Float>, step: Int, ahead: UnsafePointer<Float>) {
        let coefficients = input.coefficients
        let (values, slopes) = (parts.input.pixels(y, block: blocks.lowerBound), parts.slope.pixels(y, block: blocks.lowerBound))
        let (valueBlock, slopeBlock) = (parts.input.blockFloats, parts.slope.blockFloats)
        let first = chunk.firstChannel &+ blocks.lowerBound &* vectorWidth
        let nextRow = geometry.width &* step
        for x in 0..<geometry.width {
            let pixel = source + x &* step
            for block in 0..<blocks.count {
                filterscope_prefetch(pixel + (block &* vectorWidth &+ nextRow))
                filterscope_prefetch(ahead + (x &* step &+ block &* vectorWidth))
                let vectors = coefficients.vectors(at: first &+ block &* vectorWidth)
                let (value, slope) = siluWithSlope(vectors.normalized(pixel.vector(at: block &* vectorWidth)))
                values.store(value, at: block &* valueBlock &+ x &* vectorWidth)
                slopes.store(slope, at: block &* slopeBlock &+ x &* vectorWidth)
            }
        }
    }

    /// A row of the gradient of the convolution's output.
    @inline(never)
    private func fillGradient(
        _ y: Int, blocks: Range<Int>, upper: UnsafePointer<Float>, convolved: UnsafePointer<Float>, step: Int
    ) {
        let coefficients = outputGradient.map.coefficients
        let (target, blockFloats) = (parts.gradient.pixels(y, block: blocks.lowerBound), parts.gradient.blockFloats)
        let first = chunk.firstChannel &+ blocks.lowerBound &* vectorWidth
        for x in 0..<geometry.outputWidth {
            for block in 0..<blocks.count {
                let vectors = coefficients.vectors(at: first &+ block &* vectorWidth)
                let place = x &* step &+ block &* vectorWidth
                target.store(
                    vectors.gradient(upper.vector(at: place), convolved.vector(at: place)),
                    at: block &* blockFloats &+ x &* vectorWidth)
            }
        }
    }

    /// What a row of the output's gradient adds to the weights'.
    @inline(never)
    private func addWeightGradient(_ y: Int, rows: Range<Int>, block: Int) {
        let g = geometry
        let firstTap = rows.lowerBound &- (y &* g.stride &- g.padding)
        TapGradient(
            target: parts.weightGradient + (block &* g.taps &+ firstTap &* g.kernel) &* vectorWidth,
            gradient: parts.gradient.pixels(y, block: block),
            source: parts.input.position(rows.lowerBound, column: -g.padding, block: block, down: true), pixels: g.outputWidth,
            stride: g.stride, tapRows: rows.count, taps: g.kernel
        ).run()
    }

    /// The gradient of a row of SiLU(n): at stride 2 a pixel's parity decides which taps read it.
    @inline(never)
    private func gatherTaps(_ y: Int, block: Int) {
        let g = geometry
        let reach = y &+ g.padding
        let firstTap = max(reach % g.stride, reach &- g.stride &* (g.outputHeight &- 1))
        let lastTap = min(g.kernel &- 1, reach)
        for parity in 0..<g.stride {
            let firstColumnTap = (parity &+ g.padding) % g.stride
            TapProduct(
                target: parts.row + parity &* vectorWidth, targetStep: g.stride &* vectorWidth,
                source: parts.gradient.position(
                    (reach &- firstTap) / g.stride, column: (parity &+ g.padding &- firstColumnTap) / g.stride, block: block,
                    down: false),
                tapStep: -vectorWidth,
                weights: parts.weights + (block &* g.taps &+ firstTap &* g.kernel &+ firstColumnTap) &* vectorWidth,
                weightStep: g.stride &* vectorWidth, weightRowStep: g.stride &* g.kernel &* vectorWidth,
                tapRows: firstTap > lastTap ? 0 : (lastTap &- firstTap) / g.stride &+ 1,
                taps: (g.kernel &- firstColumnTap &+ g.stride &- 1) / g.stride
            ).run(pixels: (g.width &- parity &+ g.stride &- 1) / g.stride, stride: 1)
        }
    }

    /// The gradient of a row of n, and the batch norm's totals: a row's sums in Float.
    @inline(never)
    private func finish(_ y: Int, block: Int, target: UnsafeMutablePointer<Float>, convolved: UnsafePointer<Float>, step: Int) {
        let (row, slopes) = (parts.row, parts.slope.pixels(y, block: block))
        let mean = input.coefficients.mean.vector(at: chunk.firstChannel &+ block &* vectorWidth)
        var (shift, scale) = (Vector(), Vector())
        for x in 0..<geometry.width {
            let gradient = row.vector(at: x &* vectorWidth) * slopes.vector(at: x &* vectorWidth)
            let deviation = convolved.vector(at: x &* step) - mean
            target.store(gradient, at: x &* step)
            shift += gradient
            scale.addProduct(gradient, deviation)
        }
        parts.totals[block].add(shift: shift, scale: scale)
    }
}
