import Tensors

/// The gradients of a depthwise convolution of SiLU(n) with a batch norm on either side of it.
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
    requireCount(outputGradient.gradient, g.outputCount, "outputGradient")
    requireCount(input.convolved, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    let activated = workspace.slice(0, g.inputCount)
    let gradient = workspace.slice(g.inputCount, g.outputCount)
    activate(activated, input)
    materialize(gradient, outputGradient)
    if !adds { weightGradient.fill(0) }
    inputGradient.fill(0)
    for sample in 0..<g.batch {
        for y in 0..<g.outputHeight {
            for x in 0..<g.outputWidth {
                let upper = gradient.pointer + ((sample * g.outputHeight + y) * g.outputWidth + x) * g.channels
                for ky in 0..<g.kernel {
                    let row = y * g.stride + ky - g.padding
                    for kx in 0..<g.kernel {
                        let column = x * g.stride + kx - g.padding
                        guard row >= 0, row < g.height, column >= 0, column < g.width else { continue }
                        let place = ((sample * g.height + row) * g.width + column) * g.channels
                        let tap = (ky * g.kernel + kx) * g.channels
                        for c in 0..<g.channels {
                            weightGradient.pointer[tap + c] += upper[c] * activated.pointer[place + c]
                            inputGradient.pointer[place + c] += upper[c] * weights.pointer[tap + c]
                        }
                    }
                }
            }
        }
    }
    throughActivation(inputGradient, input)
    finishLinearGradients(inputBatchNorm, outputGradient: NormalizedMapGradient(inputGradient, of: input))
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
