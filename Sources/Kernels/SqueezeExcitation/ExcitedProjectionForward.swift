import Tensors

/// Floats of workspace that the functions of an excited projection may use for this geometry.
public func excitedProjectionWorkspaceCount(_ geometry: SqueezeExcitationGeometry) -> Int {
    2 * geometry.inputCount + geometry.outputCount + 4 * geometry.batch * geometry.channels
}

/// a = SiLU(n); gates = σ(SiLU(means(a) · reduce + reduceBias) · expand + expandBias); output = (a · gates) · projection, with the
/// moments of its channels.
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
    activatedMeans(output: state.means, map: input, batch: g.batch)
    excite(state, tensors, batch: g.batch, channels: g.channels, squeezed: g.squeezedChannels)
    let gated = workspace.slice(0, g.inputCount)
    activate(gated, input)
    applyGates(gated, state.gates, g)
    plainProduct(
        output.pointer, gated.pointer, projection.pointer, rows: g.rows, columns: g.outputChannels, inner: g.channels)
    moments.clear()
    moments.add(output.pointer, rows: g.rows)
}

/// hidden and gates of means.
///
/// - Parameter state: its means are read, the rest overwritten.
public func excite(
    _ state: SqueezeExcitationState, _ tensors: SqueezeExcitationTensors, batch: Int, channels: Int, squeezed: Int
) {
    requireCount(state.means, batch * channels, "means")
    requireCount(state.hidden, batch * squeezed, "hidden")
    requireCount(state.gates, batch * channels, "gates")
    requireCount(tensors.reduce, channels * squeezed, "reduce")
    requireCount(tensors.expand, channels * squeezed, "expand")
    for sample in 0..<batch {
        let (means, hidden, gates) = (
            state.means.pointer + sample * channels, state.hidden.pointer + sample * squeezed, state.gates.pointer + sample * channels
        )
        forEachVector(squeezed) { place, lanes in
            var sum = Vector()
            for c in 0..<channels {
                sum.addProduct(Vector(repeating: means[c]), tensors.reduce.pointer.vector(at: c &* squeezed &+ place, count: lanes))
            }
            hidden.store(sum + tensors.reduceBias.pointer.vector(at: place, count: lanes), at: place, count: lanes)
        }
        forEachVector(channels) { place, lanes in
            var sum = Vector()
            for s in 0..<squeezed {
                sum.addProduct(
                    silu(Vector(repeating: hidden[s])), tensors.expand.pointer.vector(at: s &* channels &+ place, count: lanes))
            }
            gates.store(sigmoid(sum + tensors.expandBias.pointer.vector(at: place, count: lanes)), at: place, count: lanes)
        }
    }
}

/// map *= gates
func applyGates(_ map: FloatBuffer, _ gates: FloatBuffer, _ g: SqueezeExcitationGeometry) {
    for row in 0..<g.rows {
        let gate = gates.pointer + row / g.positions * g.channels
        forEachVector(g.channels) { channel, lanes in
            let place = row &* g.channels &+ channel
            map.pointer.store(
                map.pointer.vector(at: place, count: lanes) * gate.vector(at: channel, count: lanes), at: place, count: lanes)
        }
    }
}
