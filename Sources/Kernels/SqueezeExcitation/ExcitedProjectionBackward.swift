import Tensors

/// The gradients of `excitedProjectionForward`.
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
    requireCount(inputGradient, g.inputCount, "inputGradient")
    requireCount(outputGradient.gradient, g.outputCount, "outputGradient")
    let activated = workspace.slice(0, g.inputCount)
    let gated = workspace.slice(g.inputCount, g.inputCount)
    let gradient = workspace.slice(2 * g.inputCount, g.outputCount)
    activate(activated, input)
    gated.copy(from: activated)
    applyGates(gated, state.gates, g)
    materialize(gradient, outputGradient)
    plainWeightGradient(
        projectionGradient.pointer, gated.pointer, gradient.pointer, adds: adds, rows: g.rows, inputs: g.channels,
        outputs: g.outputChannels)
    plainInputGradient(
        inputGradient.pointer, gradient.pointer, projection.pointer, rows: g.rows, inputs: g.channels, outputs: g.outputChannels,
        addend: nil)
    let rest = workspace.slice(2 * g.inputCount + g.outputCount, 2 * g.batch * g.channels)
    let gateGradients = rest.slice(0, g.batch * g.channels)
    let meanGradients = rest.slice(g.batch * g.channels, g.batch * g.channels)
    gateGradients.fill(0)
    for row in 0..<g.rows {
        for c in 0..<g.channels {
            gateGradients.pointer[row / g.positions * g.channels + c] +=
                inputGradient.pointer[row * g.channels + c] * activated.pointer[row * g.channels + c]
        }
    }
    exciteBackward(
        meanGradients: meanGradients, tensorGradients: tensorGradients, adds: adds, gateGradients: gateGradients, state: state,
        tensors: tensors, batch: g.batch, channels: g.channels, squeezed: g.squeezedChannels)
    for row in 0..<g.rows {
        let sample = row / g.positions * g.channels
        for c in 0..<g.channels {
            inputGradient.pointer[row * g.channels + c] = inputGradient.pointer[row * g.channels + c]
                * state.gates.pointer[sample + c] + meanGradients.pointer[sample + c] / Float(g.positions)
        }
    }
    throughActivation(inputGradient, input)
    finishLinearGradients(inputBatchNorm, outputGradient: NormalizedMapGradient(inputGradient, of: input))
}

/// The gradients of `excite`.
///
/// - Parameters:
///   - meanGradients: [N, C], overwritten.
///   - gateGradients: [N, C]
func exciteBackward(
    meanGradients: FloatBuffer, tensorGradients: SqueezeExcitationTensors, adds: Bool, gateGradients: FloatBuffer,
    state: SqueezeExcitationState, tensors: SqueezeExcitationTensors, batch: Int, channels: Int, squeezed: Int
) {
    if !adds {
        for buffer in [tensorGradients.reduce, tensorGradients.reduceBias, tensorGradients.expand, tensorGradients.expandBias] {
            buffer.fill(0)
        }
    }
    for sample in 0..<batch {
        for s in 0..<squeezed {
            let (value, slope) = siluWithSlope(Vector(repeating: state.hidden.pointer[sample * squeezed + s]))
            var upper: Float = 0
            for c in 0..<channels {
                let gate = state.gates.pointer[sample * channels + c]
                let beforeSigmoid = gateGradients.pointer[sample * channels + c] * gate * (1 - gate)
                tensorGradients.expand.pointer[s * channels + c] += beforeSigmoid * value[0]
                if s == 0 { tensorGradients.expandBias.pointer[c] += beforeSigmoid }
                upper += beforeSigmoid * tensors.expand.pointer[s * channels + c]
            }
            let gradient = upper * slope[0]
            tensorGradients.reduceBias.pointer[s] += gradient
            for c in 0..<channels {
                tensorGradients.reduce.pointer[c * squeezed + s] += gradient * state.means.pointer[sample * channels + c]
                let place = sample * channels + c
                let part = gradient * tensors.reduce.pointer[c * squeezed + s]
                meanGradients.pointer[place] = s == 0 ? part : meanGradients.pointer[place] + part
            }
        }
    }
}
