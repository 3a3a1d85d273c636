import Tensors

/// One step of stochastic gradient descent with Nesterov momentum and L2 regularisation, as PyTorch's
/// SGD(nesterov=True, dampening=0), whose first step from a zero velocity is the same:
///
///     g = gradient + weightDecay · w     v = momentum · v + g     w = w − learningRate · (g + momentum · v)
///
/// All buffers have one length; weights and velocity are changed in place. Momentum 0 is plain gradient descent.
///
/// - Parameter addend: another part of the gradient, added to the first on the way; nil where there is none.
public func nesterovStep(
    weights: FloatBuffer, velocity: FloatBuffer, gradient: FloatBuffer, addend: FloatBuffer? = nil, learningRate: Float,
    momentum: Float, weightDecay: Float
) {
    requireCount(velocity, weights.count, "velocity")
    requireCount(gradient, weights.count, "gradient")
    guard let addend else {
        return nesterovStep(weights, velocity, learningRate, momentum, weightDecay) { place, lanes in
            gradient.pointer.vector(at: place, count: lanes)
        }
    }
    requireCount(addend, weights.count, "addend")
    nesterovStep(weights, velocity, learningRate, momentum, weightDecay) { place, lanes in
        gradient.pointer.vector(at: place, count: lanes) + addend.pointer.vector(at: place, count: lanes)
    }
}

@inline(__always)
private func nesterovStep(
    _ weights: FloatBuffer, _ velocity: FloatBuffer, _ learningRate: Float, _ momentum: Float, _ weightDecay: Float,
    gradient: (_ place: Int, _ lanes: Int) -> Vector
) {
    let (w, v) = (weights.pointer, velocity.pointer)
    let decay = Vector(repeating: weightDecay)
    let momentum = Vector(repeating: momentum)
    let rate = Vector(repeating: -learningRate)
    forEachVector(weights.count) { place, lanes in
        let weight = w.vector(at: place, count: lanes)
        let slope = gradient(place, lanes).addingProduct(decay, weight)
        let speed = slope.addingProduct(momentum, v.vector(at: place, count: lanes))
        v.store(speed, at: place, count: lanes)
        w.store(weight.addingProduct(rate, slope.addingProduct(momentum, speed)), at: place, count: lanes)
    }
}
