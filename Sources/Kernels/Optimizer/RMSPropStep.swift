import CProcessor
import Tensors

/// What RMSprop is set to: the numbers of PyTorch's `RMSprop(alpha, eps, momentum)`, not centred.
public struct RMSProp: Sendable, Hashable {
    /// The share of the running mean of squares that stays from step to step, below 1: `alpha`.
    public var decay: Double
    /// Added to the root of that mean, above 0: `eps`. Padding, whose gradient is 0, would come to 0/0 without it.
    public var epsilon: Double
    public var momentum: Double

    public init(decay: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0) {
        require(epsilon > 0, "RMSprop with epsilon 0")
        self.decay = decay
        self.epsilon = epsilon
        self.momentum = momentum
    }
}

/// One step of RMSprop (Tieleman and Hinton, 2012) with momentum and L2 regularisation, as PyTorch's `RMSprop`:
///
///     g = gradient + weightDecay · w     s = decay · s + (1 − decay) · g²
///     v = momentum · v + g / (√s + epsilon)     w = w − learningRate · v
///
/// All buffers have one length; weights, squares s and velocity v are changed in place. What PyTorch does without momentum is the same
/// with momentum 0. Roots and quotients are rounded correctly, as IEEE 754 asks, so that every machine has the same bits.
///
/// - Parameter addend: another part of the gradient, added to the first on the way; nil where there is none.
public func rmsPropStep(
    weights: FloatBuffer, squares: FloatBuffer, velocity: FloatBuffer, gradient: FloatBuffer, addend: FloatBuffer? = nil,
    settings: RMSProp, learningRate: Double, weightDecay: Double
) {
    requireCount(squares, weights.count, "squares")
    requireCount(velocity, weights.count, "velocity")
    requireCount(gradient, weights.count, "gradient")
    guard let addend else {
        return rmsPropStep(weights, squares, velocity, settings, learningRate, weightDecay) { place, lanes in
            gradient.pointer.vector(at: place, count: lanes)
        }
    }
    requireCount(addend, weights.count, "addend")
    rmsPropStep(weights, squares, velocity, settings, learningRate, weightDecay) { place, lanes in
        gradient.pointer.vector(at: place, count: lanes) + addend.pointer.vector(at: place, count: lanes)
    }
}

@inline(__always)
private func rmsPropStep(
    _ weights: FloatBuffer, _ squares: FloatBuffer, _ velocity: FloatBuffer, _ settings: RMSProp, _ learningRate: Double,
    _ weightDecay: Double, gradient: (_ place: Int, _ lanes: Int) -> Vector
) {
    let (w, s, v) = (weights.pointer, squares.pointer, velocity.pointer)
    let decay = Vector(repeating: Float(weightDecay))
    let kept = Vector(repeating: Float(settings.decay))
    let added = Vector(repeating: Float(1 - settings.decay))
    let epsilon = Vector(repeating: Float(settings.epsilon))
    let momentum = Vector(repeating: Float(settings.momentum))
    let rate = Vector(repeating: Float(-learningRate))
    forEachVector(weights.count) { place, lanes in
        let weight = w.vector(at: place, count: lanes)
        let slope = gradient(place, lanes).addingProduct(decay, weight)
        let square = (added * slope * slope).addingProduct(kept, s.vector(at: place, count: lanes))
        let speed = (slope / (filterscope_square_roots(square) + epsilon)).addingProduct(momentum, v.vector(at: place, count: lanes))
        s.store(square, at: place, count: lanes)
        v.store(speed, at: place, count: lanes)
        w.store(weight.addingProduct(rate, speed), at: place, count: lanes)
    }
}
