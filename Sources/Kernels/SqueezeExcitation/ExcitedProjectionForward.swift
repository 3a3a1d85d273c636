import CProcessor
import Tensors

/// Floats of workspace that the functions of an excited projection may use for this geometry.
public func excitedProjectionWorkspaceCount(_ geometry: SqueezeExcitationGeometry) -> Int {
    max(geometry.forwardWorkspaceCount, geometry.backwardWorkspaceCount)
}

extension SqueezeExcitationGeometry {
    /// Samples whose squeeze, excitation and product follow one another while their maps are in the last-level cache: one, or of
    /// small maps as many as have 2 MB together.
    var groupSamples: Int { max(1, min(batch, 524_288 / (positions * channels))) }

    var product: RowProduct {
        RowProduct(inner: channels, columns: outputChannels, rows: groupSamples * positions)
    }

    fileprivate var activatedCount: Int { alignedCount(groupSamples * positions * channels) }
    fileprivate var forwardWorkspaceCount: Int { activatedCount + product.workspaceCount(prepares: true) }

    /// Calls `body` with each group's samples.
    @inline(__always)
    func forEachGroup(_ body: (_ samples: Range<Int>) -> Void) {
        for first in stride(from: 0, to: batch, by: groupSamples) { body(first..<min(first + groupSamples, batch)) }
    }
}

/// a = SiLU(n); gates = σ(SiLU(means(a) · reduce + reduceBias) · expand + expandBias); output = (a · gates) · projection, with
/// the moments of its channels.
///
/// - Parameters:
///   - output: [rows, F], overwritten.
///   - moments: of F channels, cleared and filled.
///   - state: overwritten with what the way back needs.
///   - input: n, the normalised map before SiLU, [N, positions, C].
///   - projection: [C, F]
///   - workspace: at least `excitedProjectionWorkspaceCount` floats.
public func excitedProjectionForward(
    output: FloatBuffer, moments: BlockMoments, state: SqueezeExcitationState, input: NormalizedMap,
    tensors: SqueezeExcitationTensors, projection: FloatBuffer, geometry g: SqueezeExcitationGeometry, workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(input.convolved, g.inputCount, "input")
    requireCount(projection, g.channels * g.outputChannels, "projection")
    requireCount(state.means, g.batch * g.channels, "means")
    requireCount(state.hidden, g.batch * g.squeezedChannels, "hidden")
    requireCount(state.gates, g.batch * g.channels, "gates")
    tensors.requireCounts(channels: g.channels, squeezed: g.squeezedChannels)
    require(moments.channels == g.outputChannels && input.channels == g.channels, "moments or input of other channels")
    require(workspace.count >= g.forwardWorkspaceCount, "too small a workspace")
    let (channels, mapCount, product) = (g.channels, g.positions * g.channels, g.product)
    let (activated, rest) = (workspace.pointer, workspace.pointer + g.activatedCount)
    let panels = product.panels(rest)
    panels.pack(projection.pointer)
    moments.clear()
    g.forEachGroup { samples in
        let means = state.means.slice(samples.lowerBound * channels, samples.count * channels)
        let source = input.convolved.pointer + samples.lowerBound * mapCount
        averageRows(output: means, batch: samples.count, positions: g.positions, channels: channels) { sums, row in
            activate(
                activated + row &* channels, source + row &* channels, input.coefficients, sums: sums)
        }
        excite(state, tensors, samples: samples, channels: channels, squeezed: g.squeezedChannels)
        let sink = MeasuredMap(
            output: output.pointer + samples.lowerBound * g.positions * g.outputChannels, channels: g.outputChannels,
            moments: moments)
        product.run(
            GatedRows(
                map: activated, gates: state.gates.pointer + samples.lowerBound * channels, positions: g.positions,
                channels: channels),
            panels, to: sink, range: 0..<(samples.count * g.positions), workspace: rest)
    }
}

/// target = SiLU(n) of a row, added to the sums. Row by row, since the map comes from memory, where it lies so.
@inline(never)
private func activate(
    _ target: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, _ coefficients: ChannelCoefficients,
    sums: UnsafeMutablePointer<Float>
) {
    @inline(always)
    func activate(_ channel: Int, _ lanes: Int) {
        let value = silu(coefficients.vectors(at: channel, lanes: lanes).normalized(source.vector(at: channel, count: lanes)))
        target.store(value, at: channel, count: lanes)
        sums.store(sums.vector(at: channel) + value, at: channel)
    }
    let full = coefficients.channels / vectorWidth &* vectorWidth
    var channel = 0
    while channel < full {
        filterscope_prefetch(source + (channel &+ coefficients.channels))
        activate(channel, vectorWidth)
        channel &+= vectorWidth
    }
    if full < coefficients.channels { activate(full, coefficients.channels &- full) }
}
