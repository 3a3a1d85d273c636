import Tensors

/// Floats of workspace that each of the pointwise functions may use for this geometry.
public func pointwiseWorkspaceCount(_ geometry: PointwiseGeometry) -> Int { geometry.inputCount + geometry.outputCount }

/// output = input · weights, with the moments of the output's channels.
///
/// - Parameters:
///   - output: [rows, F], overwritten.
///   - moments: of F channels, cleared and filled; nil where no batch norm follows.
///   - input: [rows, C]
///   - weights: [C, F]
///   - workspace: at least `pointwiseWorkspaceCount` floats.
public func pointwiseForward(
    output: FloatBuffer, moments: BlockMoments?, input: FloatBuffer, weights: FloatBuffer, geometry g: PointwiseGeometry,
    workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    plainProduct(output.pointer, input.pointer, weights.pointer, rows: g.rows, columns: g.outputChannels, inner: g.inputChannels)
    moments?.clear()
    moments?.add(output.pointer, rows: g.rows)
}

/// output = activation(input · gates · weights · factors + bias) + addend, as inference has it.
///
/// - Parameters:
///   - factors, bias: [F], a folded batch norm.
///   - activates: whether SiLU follows the bias.
///   - addend: [rows, F], added last; may be the output itself.
///   - gates: [N, C], what each sample's channels are multiplied with beforehand; nil for nothing.
public func pointwiseInference(
    output: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, factors: FloatBuffer, bias: FloatBuffer, activates: Bool,
    addend: FloatBuffer? = nil, gates: FloatBuffer? = nil, geometry g: PointwiseGeometry, workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    requireCount(factors, g.outputChannels, "factors")
    requireCount(bias, g.outputChannels, "bias")
    let source = workspace.slice(0, g.inputCount)
    let product = workspace.slice(g.inputCount, g.outputCount)
    for row in 0..<g.rows {
        let place = row * g.inputChannels
        let gate = gates.map { $0.pointer + row / g.positions * g.inputChannels }
        for c in 0..<g.inputChannels { source.pointer[place + c] = input.pointer[place + c] * (gate?[c] ?? 1) }
    }
    plainProduct(product.pointer, source.pointer, weights.pointer, rows: g.rows, columns: g.outputChannels, inner: g.inputChannels)
    for row in 0..<g.rows {
        forEachVector(g.outputChannels) { channel, lanes in
            let place = row &* g.outputChannels &+ channel
            var value = bias.pointer.vector(at: channel, count: lanes).addingProduct(
                product.pointer.vector(at: place, count: lanes), factors.pointer.vector(at: channel, count: lanes))
            if activates { value = silu(value) }
            if let addend { value += addend.pointer.vector(at: place, count: lanes) }
            output.pointer.store(value, at: place, count: lanes)
        }
    }
}

/// output[rows, columns] = left[rows, inner] · right[inner, columns]: each element one chain of fused multiply-adds over the inner
/// index ascending.
func plainProduct(
    _ output: UnsafeMutablePointer<Float>, _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, rows: Int, columns: Int,
    inner: Int
) {
    for row in 0..<rows {
        forEachVector(columns) { column, lanes in
            var sum = Vector()
            for k in 0..<inner {
                sum.addProduct(Vector(repeating: left[row &* inner &+ k]), right.vector(at: k &* columns &+ column, count: lanes))
            }
            output.store(sum, at: row &* columns &+ column, count: lanes)
        }
    }
}
