import Tensors

/// The gradients of `excitedProjectionForward`.
///
/// A few samples at a time: first, block by block, the gradient of the gated map with the gates' gradients and the projection's on the
/// way; then the excitation's; then the gradient of n and its batch norm's in one pass over those samples.
///
/// - Parameters:
///   - projectionGradient: [C, F]; with `tensorGradients` overwritten, or added to where `adds` is set.
///   - inputGradient: [rows, C], overwritten with the gradient of n.
///   - inputBatchNorm: the gradients of the batch norm that made n; with them its coefficients of the way back.
///   - outputGradient: [rows, F], with the coefficients of the way back.
///   - input: n
///   - state: as the way forward left it.
///   - workspace: at least `excitedProjectionWorkspaceCount` floats.
public func excitedProjectionBackward(
    projectionGradient: FloatBuffer, tensorGradients: SqueezeExcitationTensors, adds: Bool, inputGradient: FloatBuffer,
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
    if !adds { tensorGradients.clear() }
    let parts = BackwardParts(g, workspace.pointer)
    parts.panels.packTransposed(projection.pointer)
    let (channels, positions) = (g.channels, g.positions)
    let gradient = inputGradient.pointer
    withUnsafeTemporaryAllocation(of: GradientTotals.self, capacity: alignedCount(channels) / vectorWidth) { totals in
        totals.initialize(repeating: GradientTotals())
        g.forEachGroup { samples in
            parts.gateGradients.update(repeating: 0, count: samples.count * channels)
            g.backwardBlocking.forEach(samples.count * positions) { block in
                let rows = (samples.lowerBound * positions + block.lowerBound)..<(samples.lowerBound * positions + block.upperBound)
                let continues = adds || rows.lowerBound > 0
                passProjection(
                    parts, projectionGradient.pointer, start: continues ? .partialSums : .none, gradient, outputGradient, input, state.gates,
                    g, samples: samples, rows: rows)
            }
            exciteBackward(
                meanGradients: parts.meanGradients, tensorGradients: tensorGradients, gateGradients: parts.gateGradients, state: state,
                tensors: tensors, samples: samples, channels: channels, squeezed: g.squeezedChannels)
            let share = 1 / Float(positions)
            addTotals(totals, input.coefficients, samples: samples, positions: positions) { sample, rows, channel, lanes, vectors in
                let gate = state.gates.pointer.vector(at: sample &* channels &+ channel, count: lanes)
                let mean = parts.meanGradients.vector(at: (sample &- samples.lowerBound) &* channels &+ channel, count: lanes) * share
                var (shift, scale) = (Vector(), Vector())
                let start = rows.lowerBound &* channels &+ channel
                let slopes = parts.slopes + (start &- samples.lowerBound &* positions &* channels)
                for row in 0..<rows.count {
                    let place = start &+ row &* channels
                    let z = input.convolved.pointer.vector(at: place, count: lanes)
                    let upper = mean.addingProduct(gradient.vector(at: place, count: lanes), gate)
                    let value = upper * slopes.vector(at: row &* channels, count: lanes)
                    gradient.store(value, at: place, count: lanes)
                    shift += value
                    scale.addProduct(value, z - vectors.mean)
                }
                return (shift, scale)
            }
        }
        finishTotals(totals, input.coefficients, inputBatchNorm, rows: g.rows)
    }
}

/// For some rows of one group: the gradient of the gated map into `inputGradient`, the projection's gradient, and the sums of the
/// gates' gradients.
@inline(__always)
private func passProjection(
    _ parts: BackwardParts, _ projectionGradient: UnsafeMutablePointer<Float>, start: ProductTile.Start,
    _ inputGradient: UnsafeMutablePointer<Float>, _ outputGradient: NormalizedMapGradient, _ input: NormalizedMap, _ gates: FloatBuffer,
    _ g: SqueezeExcitationGeometry, samples: Range<Int>, rows: Range<Int>
) {
    let (channels, filters) = (g.channels, g.outputChannels)
    let upper = GradientRows(source: outputGradient).block(rows, 0..<filters, buffer: parts.gradients)
    forEachChunk(channels) { chunk in
        let stride = rowBufferStride(chunk.count)
        // The activated map, and behind the gates.
        forEachSample(rows, positions: g.positions) { sample, run, before in
            forEachPass(run, chunk.count) { rows, place, lanes in
                let channel = chunk.lowerBound &+ place
                let vectors = input.coefficients.vectors(at: channel, lanes: lanes)
                let gate = gates.pointer.vector(at: sample &* channels &+ channel, count: lanes)
                let source = input.convolved.pointer + (rows.lowerBound &* channels &+ channel)
                let slopes = parts.slopes + ((rows.lowerBound &- samples.lowerBound &* g.positions) &* channels &+ channel)
                let first = (before &+ rows.lowerBound &- run.lowerBound) &* stride &+ place
                for row in 0..<rows.count {
                    let (value, slope) = siluWithSlope(vectors.normalized(source.vector(at: row &* channels, count: lanes)))
                    parts.activated.store(value, at: first &+ row &* stride, count: lanes)
                    parts.gated.store(value * gate, at: first &+ row &* stride, count: lanes)
                    slopes.store(slope, at: row &* channels, count: lanes)
                }
            }
        }
        addOuterProduct(
            projectionGradient + chunk.lowerBound &* filters, outputStride: filters, left: RowBlock(pointer: parts.gated, stride: stride),
            leftColumns: chunk.count, right: upper, rightColumns: filters, rows: rows.count, start: start, spill: parts.spill)
        let target = inputGradient + rows.lowerBound &* channels
        forEachPanel(chunk) { first, count, width in
            parts.panels.multiply(
                (first, count, width), output: target + first, outputStride: channels, left: upper, rows: rows.count, part: 0..<filters,
                start: .none)
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
