import CProcessor
import Tensors

/// The gradients of `excitedProjectionForward`.
///
/// A few samples at a time: first, block by block, the gradient of the gated map with the gates' gradients and the projection's
/// on the way; then the excitation's; then the gradient of n and its batch norm's in one pass over those samples.
///
/// Where `gatesWeights` says so, both gradients come of a product P = aᵀ · dz for each sample, [C, F], which is less to go
/// through than its map: the projection's is Σ over samples of diag(gates) · P, a gate's is Σ over f of projection[c, f] · P[c, f].
///
/// - Parameters:
///   - projectionGradient: [C, F], overwritten, as `tensorGradients` are.
///   - inputGradient: [rows, C], overwritten with the gradient of n.
///   - inputBatchNorm: the gradients of the batch norm that made n; with them its coefficients of the way back.
///   - outputGradient: [rows, F], with the coefficients of the way back.
///   - input: n
///   - state: as the way forward left it.
///   - workspace: at least `excitedProjectionWorkspaceCount` floats.
public func excitedProjectionBackward(
    projectionGradient: FloatBuffer, tensorGradients: SqueezeExcitationTensors, inputGradient: FloatBuffer,
    inputBatchNorm: BatchNormGradients, outputGradient: NormalizedMapGradient, input: NormalizedMap,
    state: SqueezeExcitationState, tensors: SqueezeExcitationTensors, projection: FloatBuffer,
    geometry g: SqueezeExcitationGeometry, workspace: FloatBuffer
) {
    requireCount(projectionGradient, g.channels * g.outputChannels, "projectionGradient")
    requireCount(projection, g.channels * g.outputChannels, "projection")
    requireCount(inputGradient, g.inputCount, "inputGradient")
    requireCount(outputGradient.gradient, g.outputCount, "outputGradient")
    requireCount(outputGradient.map.convolved, g.outputCount, "outputGradient's map")
    requireCount(input.convolved, g.inputCount, "input")
    requireCount(state.means, g.batch * g.channels, "means")
    requireCount(state.hidden, g.batch * g.squeezedChannels, "hidden")
    requireCount(state.gates, g.batch * g.channels, "gates")
    tensors.requireCounts(channels: g.channels, squeezed: g.squeezedChannels)
    tensorGradients.requireCounts(channels: g.channels, squeezed: g.squeezedChannels)
    require(workspace.count >= g.backwardWorkspaceCount, "too small a workspace")
    tensorGradients.clear()
    let parts = BackwardParts(g, workspace.pointer)
    parts.panels.packTransposed(projection.pointer)
    let (channels, positions) = (g.channels, g.positions)
    let gradient = inputGradient.pointer
    withUnsafeTemporaryAllocation(of: GradientTotals.self, capacity: alignedCount(channels) / vectorWidth) { totals in
        totals.initialize(repeating: GradientTotals())
        g.forEachGroup { samples in
            if let products = parts.products {
                for sample in samples {
                    g.backwardBlocking.forEach(positions) { block in
                        passProjection(
                            parts, products, start: block.lowerBound > 0 ? .partialSums : .none, gradient, outputGradient, input,
                            state.gates, g, samples: samples,
                            rows: (sample * positions + block.lowerBound)..<(sample * positions + block.upperBound))
                    }
                    splitProducts(
                        products, projectionGradient: projectionGradient.pointer, adds: sample > 0,
                        gateGradients: parts.gateGradients + (sample - samples.lowerBound) * channels,
                        gates: state.gates.pointer + sample * channels, projection: projection.pointer, channels: channels,
                        filters: g.outputChannels)
                }
            } else {
                parts.gateGradients.update(repeating: 0, count: samples.count * channels)
                g.backwardBlocking.forEach(samples.count * positions) { block in
                    let rows =
                        (samples.lowerBound * positions + block.lowerBound)..<(samples.lowerBound * positions + block.upperBound)
                    passProjection(
                        parts, projectionGradient.pointer, start: rows.lowerBound > 0 ? .partialSums : .none, gradient, outputGradient,
                        input, state.gates, g, samples: samples, rows: rows)
                }
            }
            exciteBackward(
                meanGradients: parts.meanGradients, tensorGradients: tensorGradients, gateGradients: parts.gateGradients,
                state: state,
                tensors: tensors, samples: samples, channels: channels, squeezed: g.squeezedChannels)
            for sample in samples {
                let first = (sample - samples.lowerBound) * positions
                for row in stride(from: 0, to: positions, by: passRows) {
                    throughGates(
                        gradient + sample * positions * channels, parts.slopes + first * channels,
                        input.convolved.pointer + sample * positions * channels, input.coefficients,
                        gates: state.gates.pointer + sample * channels,
                        meanGradients: parts.meanGradients + (sample - samples.lowerBound) * channels,
                        share: 1 / Float(positions),
                        rows: row..<min(row + passRows, positions), sums: parts.sums)
                    forEachVector(channels) { channel, lanes in
                        totals[channel / vectorWidth].add(
                            shift: parts.sums.vector(at: 2 &* channel), scale: parts.sums.vector(at: 2 &* channel &+ vectorWidth))
                    }
                }
            }
        }
        finishTotals(totals, input.coefficients, inputBatchNorm, rows: g.rows)
    }
}

/// For some rows of one group: the gradient of the gated map into `inputGradient`; and either the product of the activated map
/// with the output's gradient, or the projection's gradient and the sums of the gates' gradients.
///
/// - Parameter products: where the product goes, or the projection's gradient.
@inline(__always)
private func passProjection(
    _ parts: BackwardParts, _ products: UnsafeMutablePointer<Float>, start: ProductTile.Start,
    _ inputGradient: UnsafeMutablePointer<Float>, _ outputGradient: NormalizedMapGradient, _ input: NormalizedMap,
    _ gates: FloatBuffer, _ g: SqueezeExcitationGeometry, samples: Range<Int>, rows: Range<Int>
) {
    let (channels, filters) = (g.channels, g.outputChannels)
    let gatesMap = parts.products == nil
    let upper = GradientRows(source: outputGradient).block(rows, 0..<filters, buffer: parts.gradients)
    forEachChunk(channels) { chunk in
        let stride = rowBufferStride(chunk.count)
        forEachSample(rows, positions: g.positions) { sample, run, before in
            activate(
                parts, input, gates: gatesMap ? gates.pointer + sample &* channels : nil, rows: run, chunk: chunk,
                slopes: parts.slopes + (run.lowerBound &- samples.lowerBound &* g.positions) &* channels, first: before &* stride,
                stride: stride)
        }
        addOuterProduct(
            products + chunk.lowerBound &* filters, outputStride: filters,
            left: RowBlock(pointer: gatesMap ? parts.gated : parts.activated, stride: stride), leftColumns: chunk.count,
            right: upper, rightColumns: filters, rows: rows.count, start: start, spill: parts.spill)
        let target = inputGradient + rows.lowerBound &* channels
        forEachPanel(chunk) { first, count, width in
            parts.panels.multiply(
                (first, count, width), output: target + first, outputStride: channels, left: upper, rows: rows.count,
                part: 0..<filters,
                start: .none)
            guard gatesMap else { return }
            forEachSample(rows, positions: g.positions) { sample, run, before in
                forEachVector(count) { place, lanes in
                    let source = inputGradient + (run.lowerBound &* channels &+ first &+ place)
                    let activated = parts.activated + (before &* stride &+ first &+ place &- chunk.lowerBound)
                    var sum = Vector()
                    for row in 0..<run.count {
                        sum.addProduct(
                            source.vector(at: row &* channels, count: lanes), activated.vector(at: row &* stride, count: lanes))
                    }
                    let total = (sample &- samples.lowerBound) &* channels &+ first &+ place
                    parts.gateGradients.store(
                        parts.gateGradients.vector(at: total, count: lanes) + sum, at: total, count: lanes)
                }
            }
        }
    }
}

/// The activated map, behind the gates where there are any, and SiLU's slope, of some rows of a sample and a chunk of its
/// channels. Row by row, since the map comes from memory, where it lies so.
///
/// - Parameters:
///   - gates: of the sample.
///   - slopes: of the first of the rows, all channels.
///   - first: where the first of the rows begins in the buffers of the activated map.
@inline(never)
private func activate(
    _ parts: BackwardParts, _ input: NormalizedMap, gates: UnsafePointer<Float>?, rows: Range<Int>, chunk: Range<Int>,
    slopes: UnsafeMutablePointer<Float>, first: Int, stride: Int
) {
    let (channels, coefficients) = (input.channels, input.coefficients)
    let full = chunk.lowerBound &+ chunk.count / vectorWidth &* vectorWidth
    for row in 0..<rows.count {
        let source = input.convolved.pointer + (rows.lowerBound &+ row) &* channels
        let slopes = slopes + row &* channels
        let offset = first &+ row &* stride &- chunk.lowerBound
        @inline(always)
        func activate(_ channel: Int, _ lanes: Int) {
            let vectors = coefficients.vectors(at: channel, lanes: lanes)
            let (value, slope) = siluWithSlope(vectors.normalized(source.vector(at: channel, count: lanes)))
            parts.activated.store(value, at: offset &+ channel, count: lanes)
            slopes.store(slope, at: channel, count: lanes)
            guard let gates else { return }
            parts.gated.store(value * gates.vector(at: channel, count: lanes), at: offset &+ channel, count: lanes)
        }
        var channel = chunk.lowerBound
        while channel < full {
            filterscope_prefetch(source + (channel &+ channels))
            activate(channel, vectorWidth)
            channel &+= vectorWidth
        }
        if full < chunk.upperBound { activate(full, chunk.upperBound &- full) }
    }
}

/// The gradient of n, made of that of the gated map in place, of some rows of a sample. Row by row, as above.
///
/// - Parameters:
///   - sums: overwritten with Σ d and Σ d · (z − mean), 16 channels of the one and then of the other, [C / 16][2][16].
@inline(never)
private func throughGates(
    _ gradient: UnsafeMutablePointer<Float>, _ slopes: UnsafePointer<Float>, _ convolved: UnsafePointer<Float>,
    _ coefficients: ChannelCoefficients, gates: UnsafePointer<Float>, meanGradients: UnsafePointer<Float>, share: Float,
    rows: Range<Int>, sums: UnsafeMutablePointer<Float>
) {
    let channels = coefficients.channels
    sums.update(repeating: 0, count: 2 &* alignedCount(channels))
    let full = channels / vectorWidth &* vectorWidth
    for row in rows {
        let (gradient, slopes) = (gradient + row &* channels, slopes + row &* channels)
        let convolved = convolved + row &* channels
        @inline(always)
        func step(_ channel: Int, _ lanes: Int) {
            let mean = meanGradients.vector(at: channel, count: lanes) * share
            let upper = mean.addingProduct(
                gradient.vector(at: channel, count: lanes), gates.vector(at: channel, count: lanes))
            let value = upper * slopes.vector(at: channel, count: lanes)
            let deviation = convolved.vector(at: channel, count: lanes) - coefficients.mean.vector(at: channel, count: lanes)
            gradient.store(value, at: channel, count: lanes)
            let place = 2 &* channel
            sums.store(sums.vector(at: place) + value, at: place)
            sums.store(sums.vector(at: place &+ vectorWidth).addingProduct(value, deviation), at: place &+ vectorWidth)
        }
        var channel = 0
        while channel < full {
            filterscope_prefetch(gradient + (channel &+ channels))
            filterscope_prefetch(slopes + (channel &+ channels))
            filterscope_prefetch(convolved + (channel &+ channels))
            step(channel, vectorWidth)
            channel &+= vectorWidth
        }
        if full < channels { step(full, channels &- full) }
    }
}

/// The gates' gradients and what a sample adds to the projection's, of the product of its activated map and its output's
/// gradient.
private func splitProducts(
    _ products: UnsafePointer<Float>, projectionGradient: UnsafeMutablePointer<Float>, adds: Bool,
    gateGradients: UnsafeMutablePointer<Float>, gates: UnsafePointer<Float>, projection: UnsafePointer<Float>, channels: Int,
    filters: Int
) {
    for channel in 0..<channels {
        let gate = Vector(repeating: gates[channel])
        var sum = Vector()
        forEachVector(filters) { filter, lanes in
            let place = channel &* filters &+ filter
            let product = products.vector(at: place, count: lanes)
            let before = adds ? projectionGradient.vector(at: place, count: lanes) : Vector()
            projectionGradient.store(before.addingProduct(product, gate), at: place, count: lanes)
            sum.addProduct(product, projection.vector(at: place, count: lanes))
        }
        gateGradients[channel] = sum.sum()
    }
}

extension SqueezeExcitationGeometry {
    fileprivate var backwardBlocking: RowBlocking {
        RowBlocking(rows: groupSamples * positions, width: 2 * widestChunk(channels) + outputChannels)
    }
    var backwardWorkspaceCount: Int { BackwardLayout(self).count }
}

/// Where in its workspace the way back of an excited projection keeps what it works in.
private struct BackwardLayout {
    let panels: Int
    let gradients: Int
    let activated: Int
    let gated: Int
    let slopes: Int
    let spill: Int
    let gateGradients: Int
    let meanGradients: Int
    let sums: Int
    let products: Int?
    let count: Int

    init(_ g: SqueezeExcitationGeometry) {
        let (rows, chunk) = (g.backwardBlocking.rows, widestChunk(g.channels))
        var layout = WorkspaceLayout()
        panels = layout.take(PackedPanels.count(inner: g.outputChannels, columns: g.channels, rows: rows))
        gradients = layout.take(rowBufferCount(rows: rows, columns: g.outputChannels))
        activated = layout.take(rowBufferCount(rows: rows, columns: chunk))
        gated = layout.take(rowBufferCount(rows: rows, columns: chunk))
        slopes = layout.take(g.groupSamples * g.positions * g.channels)
        spill = layout.take(chunk * 2 * vectorWidth)
        gateGradients = layout.take(g.groupSamples * g.channels)
        meanGradients = layout.take(g.groupSamples * g.channels)
        sums = layout.take(2 * alignedCount(g.channels))
        products = gatesWeights(positions: g.positions, columns: g.outputChannels)
            ? layout.take(g.channels * g.outputChannels) : nil
        count = layout.count
    }
}

private struct BackwardParts {
    let panels: PackedPanels
    /// The gradient of the projection's output, [block, F].
    let gradients: UnsafeMutablePointer<Float>
    /// [block, chunk]
    let activated: UnsafeMutablePointer<Float>
    let gated: UnsafeMutablePointer<Float>
    /// SiLU'(n), [group's rows, C]: kept from the first pass, since it costs less to write and read than to make again.
    let slopes: UnsafeMutablePointer<Float>
    let spill: UnsafeMutablePointer<Float>
    /// [group, C]
    let gateGradients: UnsafeMutablePointer<Float>
    let meanGradients: UnsafeMutablePointer<Float>
    /// Of the gradient of n over a few rows, see `throughGates`.
    let sums: UnsafeMutablePointer<Float>
    /// aᵀ · dz of one sample, [C, F], where gates are multiplied into the weights.
    let products: UnsafeMutablePointer<Float>?

    init(_ g: SqueezeExcitationGeometry, _ workspace: UnsafeMutablePointer<Float>) {
        let layout = BackwardLayout(g)
        panels = PackedPanels(workspace + layout.panels, inner: g.outputChannels, columns: g.channels)
        gradients = workspace + layout.gradients
        activated = workspace + layout.activated
        gated = workspace + layout.gated
        slopes = workspace + layout.slopes
        spill = workspace + layout.spill
        gateGradients = workspace + layout.gateGradients
        meanGradients = workspace + layout.meanGradients
        sums = workspace + layout.sums
        products = layout.products.map { workspace + $0 }
    }
}

extension SqueezeExcitationTensors {
    func clear() {
        reduce.fill(0)
        reduceBias.fill(0)
        expand.fill(0)
        expandBias.fill(0)
    }
}
