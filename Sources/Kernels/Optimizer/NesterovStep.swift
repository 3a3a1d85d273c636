import Tensors

/// One step of stochastic gradient descent with Nesterov momentum and L2 regularisation, as PyTorch's
/// SGD(nesterov=True, dampening=0), whose first step from a zero velocity is the same:
///
///     g = gradient + weightDecay · w     v = momentum · v + g     w = w − learningRate · (g + momentum · v)
///
/// All three buffers have one length; weights and velocity are changed in place. Momentum 0 is plain gradient descent.
public func nesterovStep(
    weights: FloatBuffer, velocity: FloatBuffer, gradient: FloatBuffer, learningRate: Float, momentum: Float,
    weightDecay: Float
) {
    requireCount(velocity, weights.count, "velocity")
    requireCount(gradient, weights.count, "gradient")
    let (w, v, g) = (weights.pointer, velocity.pointer, gradient.pointer)
    let decay = Vector(repeating: weightDecay)
    let momentum = Vector(repeating: momentum)
    let rate = Vector(repeating: -learningRate)
    forEachVector(weights.count) { place, lanes in
        let weight = w.vector(at: place, count: lanes)
        let slope = g.vector(at: place, count: lanes).addingProduct(decay, weight)
        let speed = slope.addingProduct(momentum, v.vector(at: place, count: lanes))
        v.store(speed, at: place, count: lanes)
        w.store(weight.addingProduct(rate, slope.addingProduct(momentum, speed)), at: place, count: lanes)
    }
}
