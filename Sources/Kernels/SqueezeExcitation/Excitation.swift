import Tensors

/// hidden and gates of means.
///
/// - Parameter state: its means are read, the rest overwritten.
public func excite(
    _ state: SqueezeExcitationState, _ tensors: SqueezeExcitationTensors, batch: Int, channels: Int, squeezed: Int
) {
    requireCount(state.means, batch * channels, "means")
    requireCount(state.hidden, batch * squeezed, "hidden")
    requireCount(state.gates, batch * channels, "gates")
    tensors.requireCounts(channels: channels, squeezed: squeezed)
    excite(state, tensors, samples: 0..<batch, channels: channels, squeezed: squeezed)
}

func excite(
    _ state: SqueezeExcitationState, _ tensors: SqueezeExcitationTensors, samples: Range<Int>, channels: Int, squeezed: Int
) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: squeezed) { memory in
        guard let activated = memory.baseAddress else { return }
        for sample in samples {
            let means = state.means.pointer + sample &* channels
            let hidden = state.hidden.pointer + sample &* squeezed
            let gates = state.gates.pointer + sample &* channels
            forEachVector(squeezed) { place, lanes in
                var sum = Vector()
                for c in 0..<channels {
                    sum.addProduct(
                        Vector(repeating: means[c]), tensors.reduce.pointer.vector(at: c &* squeezed &+ place, count: lanes))
                }
                sum += tensors.reduceBias.pointer.vector(at: place, count: lanes)
                hidden.store(sum, at: place, count: lanes)
                activated.store(silu(sum), at: place, count: lanes)
            }
            forEachVector(channels) { place, lanes in
                var sum = Vector()
                for s in 0..<squeezed {
                    sum.addProduct(
                        Vector(repeating: activated[s]), tensors.expand.pointer.vector(at: s &* channels &+ place, count: lanes))
                }
                gates.store(sigmoid(sum + tensors.expandBias.pointer.vector(at: place, count: lanes)), at: place, count: lanes)
            }
        }
    }
}

/// The gradients of `excite`: those of the tensors are added to what is there.
///
/// - Parameters:
///   - meanGradients: of the samples' means, [samples, C], overwritten.
///   - gateGradients: [samples, C], overwritten with the gradients before the sigmoid.
func exciteBackward(
    meanGradients: UnsafeMutablePointer<Float>, tensorGradients: SqueezeExcitationTensors,
    gateGradients: UnsafeMutablePointer<Float>,
    state: SqueezeExcitationState, tensors: SqueezeExcitationTensors, samples: Range<Int>, channels: Int, squeezed: Int
) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: squeezed) { memory in
        guard let hiddenGradients = memory.baseAddress else { return }
        for sample in samples {
            let index = (sample &- samples.lowerBound) &* channels
            let (upper, lower) = (gateGradients + index, meanGradients + index)
            let gates = state.gates.pointer + sample &* channels
            forEachVector(channels) { place, lanes in
                let gate = gates.vector(at: place, count: lanes)
                let gradient = upper.vector(at: place, count: lanes) * gate * (1 - gate)
                upper.store(gradient, at: place, count: lanes)
                put(gradient, in: tensorGradients.expandBias, at: place, lanes: lanes, adds: true)
            }
            for s in 0..<squeezed {
                let (value, slope) = siluWithSlope(Vector(repeating: state.hidden.pointer[sample &* squeezed &+ s]))
                var sum = Vector()
                forEachVector(channels) { place, lanes in
                    let gradient = upper.vector(at: place, count: lanes)
                    let weight = s &* channels &+ place
                    let target = tensorGradients.expand.pointer
                    target.store(
                        target.vector(at: weight, count: lanes).addingProduct(gradient, value), at: weight, count: lanes)
                    sum.addProduct(gradient, tensors.expand.pointer.vector(at: weight, count: lanes))
                }
                hiddenGradients[s] = sum.sum() * slope[0]
            }
            forEachVector(squeezed) { place, lanes in
                put(
                    hiddenGradients.vector(at: place, count: lanes), in: tensorGradients.reduceBias, at: place, lanes: lanes,
                    adds: true)
            }
            let means = state.means.pointer + sample &* channels
            for c in 0..<channels {
                let mean = Vector(repeating: means[c])
                var sum = Vector()
                forEachVector(squeezed) { place, lanes in
                    let gradient = hiddenGradients.vector(at: place, count: lanes)
                    let weight = c &* squeezed &+ place
                    let target = tensorGradients.reduce.pointer
                    target.store(target.vector(at: weight, count: lanes).addingProduct(gradient, mean), at: weight, count: lanes)
                    sum.addProduct(gradient, tensors.reduce.pointer.vector(at: weight, count: lanes))
                }
                lower[c] = sum.sum()
            }
        }
    }
}

extension SqueezeExcitationTensors {
    func requireCounts(channels: Int, squeezed: Int) {
        requireCount(reduce, channels * squeezed, "reduce")
        requireCount(reduceBias, squeezed, "reduceBias")
        requireCount(expand, channels * squeezed, "expand")
        requireCount(expandBias, channels, "expandBias")
    }
}
