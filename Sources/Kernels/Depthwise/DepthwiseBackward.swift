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

/// The way back of one chunk of channels.
private struct DepthwiseWayBack {
    let geometry: DepthwiseGeometry
    let chunk: ChannelChunk
    let parts: BackwardWorkspace
    let input: NormalizedMap
    let outputGradient: NormalizedMapGradient
    let inputGradient: FloatBuffer

    func run(sample: Int) {
        let g = geometry
        var (filled, finished) = (0, 0)
        for y in 0..<g.outputHeight {
            let isLast = y == g.outputHeight &- 1
            let rows = g.inputRows(of: y)
            // Rows of the input that no later row of the output reaches.
            let complete = isLast ? g.height : (y &+ 1) &* g.stride &- g.padding
            let needed = max(rows.upperBound, complete)
            while filled < needed {
                activateRow(filled, sample: sample)
                filled &+= 1
            }
            gradientRow(y, sample: sample)
            for block in 0..<chunk.blocks { addWeightGradient(y, rows: rows, block: block) }
            while finished < complete {
                for block in 0..<chunk.blocks {
                    gatherRow(finished, block: block)
                    finishRow(finished, sample: sample, block: block)
                }
                finished &+= 1
            }
        }
    }

    /// SiLU and its slope of a row of the input.
    @inline(never)
    private func activateRow(_ y: Int, sample: Int) {
        let source = input.convolved.pointer
            + ((sample &* geometry.height &+ y) &* geometry.width &* geometry.channels &+ chunk.firstChannel)
        let (values, slopes) = (parts.input.pixels(y, block: 0), parts.slope.pixels(y, block: 0))
        let (valueBlock, slopeBlock) = (parts.input.blockFloats, parts.slope.blockFloats)
        for x in 0..<geometry.width {
            let pixel = source + x &* geometry.channels
            for block in 0..<chunk.fullBlocks {
                let vectors = input.coefficients.vectors(at: chunk.firstChannel &+ block &* vectorWidth)
                let (value, slope) = siluWithSlope(vectors.normalized(pixel.vector(at: block &* vectorWidth)))
                values.store(value, at: block &* valueBlock &+ x &* vectorWidth)
                slopes.store(slope, at: block &* slopeBlock &+ x &* vectorWidth)
            }
        }
        guard chunk.fullBlocks < chunk.blocks else { return }
        let (block, lanes) = (chunk.fullBlocks, chunk.lastLanes)
        let vectors = input.coefficients.vectors(at: chunk.firstChannel &+ block &* vectorWidth, lanes: lanes)
        for x in 0..<geometry.width {
            let z = source.vector(at: x &* geometry.channels &+ block &* vectorWidth, count: lanes)
            let (value, slope) = siluWithSlope(vectors.normalized(z))
            values.store(value, at: block &* valueBlock &+ x &* vectorWidth)
            slopes.store(slope, at: block &* slopeBlock &+ x &* vectorWidth)
        }
    }

    /// A row of the gradient of the convolution's output.
    @inline(never)
    private func gradientRow(_ y: Int, sample: Int) {
        let row = sample &* geometry.outputHeight &+ y
        let first = row &* geometry.outputWidth &* geometry.channels &+ chunk.firstChannel
        let (uppers, convolved) = (outputGradient.gradient.pointer + first, outputGradient.map.convolved.pointer + first)
        let coefficients = outputGradient.map.coefficients
        let (target, blockFloats) = (parts.gradient.pixels(y, block: 0), parts.gradient.blockFloats)
        for x in 0..<geometry.outputWidth {
            for block in 0..<chunk.fullBlocks {
                let vectors = coefficients.vectors(at: chunk.firstChannel &+ block &* vectorWidth)
                let place = x &* geometry.channels &+ block &* vectorWidth
                target.store(
                    vectors.gradient(uppers.vector(at: place), convolved.vector(at: place)),
                    at: block &* blockFloats &+ x &* vectorWidth)
            }
        }
        guard chunk.fullBlocks < chunk.blocks else { return }
        let (block, lanes) = (chunk.fullBlocks, chunk.lastLanes)
        let vectors = coefficients.vectors(at: chunk.firstChannel &+ block &* vectorWidth, lanes: lanes)
        for x in 0..<geometry.outputWidth {
            let place = x &* geometry.channels &+ block &* vectorWidth
            target.store(
                vectors.gradient(uppers.vector(at: place, count: lanes), convolved.vector(at: place, count: lanes)),
                at: block &* blockFloats &+ x &* vectorWidth)
        }
    }

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
    private func gatherRow(_ y: Int, block: Int) {
        let g = geometry
        let reach = y &+ g.padding
        let firstTap = max(reach % g.stride, reach &- g.stride &* (g.outputHeight &- 1))
        let lastTap = min(g.kernel &- 1, reach)
        for parity in 0..<g.stride {
            let firstColumnTap = (parity &+ g.padding) % g.stride
            TapProduct(
                target: parts.row + parity &* vectorWidth, targetStep: g.stride &* vectorWidth,
                source: parts.gradient.position(
                    (reach &- firstTap) / g.stride, column: (parity &+ g.padding &- firstColumnTap) / g.stride, block: block, down: false),
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
    private func finishRow(_ y: Int, sample: Int, block: Int) {
        let row = sample &* geometry.height &+ y
        let place = row &* geometry.width &* geometry.channels &+ chunk.firstChannel &+ block &* vectorWidth
        let (convolved, target) = (input.convolved.pointer + place, inputGradient.pointer + place)
        let (slopes, channels) = (parts.slope.pixels(y, block: block), geometry.channels)
        let lanes = chunk.lanes(block)
        let mean = input.coefficients.mean.vector(at: chunk.firstChannel &+ block &* vectorWidth, count: lanes)
        var (shift, scale) = (Vector(), Vector())
        if lanes == vectorWidth {
            for x in 0..<geometry.width {
                let gradient = parts.row.vector(at: x &* vectorWidth) * slopes.vector(at: x &* vectorWidth)
                target.store(gradient, at: x &* channels)
                shift += gradient
                scale.addProduct(gradient, convolved.vector(at: x &* channels) - mean)
            }
        } else {
            for x in 0..<geometry.width {
                let gradient = parts.row.vector(at: x &* vectorWidth) * slopes.vector(at: x &* vectorWidth)
                target.store(gradient, at: x &* channels, count: lanes)
                shift += gradient
                scale.addProduct(gradient, convolved.vector(at: x &* channels, count: lanes) - mean)
            }
        }
        parts.totals[block].add(shift: shift, scale: scale)
    }
}

/// gradient *= SiLU'(n)
func throughActivation(_ gradient: FloatBuffer, _ map: NormalizedMap) {
    let channels = map.channels
    for row in 0..<(gradient.count / channels) {
        forEachVector(channels) { channel, lanes in
            let place = row &* channels &+ channel
            let n = map.coefficients.vectors(at: channel, lanes: lanes)
                .normalized(map.convolved.pointer.vector(at: place, count: lanes))
            let upper = gradient.pointer.vector(at: place, count: lanes)
            gradient.pointer.store(upper * siluWithSlope(n).slope, at: place, count: lanes)
        }
    }
}
