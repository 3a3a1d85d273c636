import CProcessor
import Tensors

/// What AdamW is set to: the numbers of PyTorch's `AdamW(betas, eps)`.
public struct AdamW: Sendable, Hashable {
    /// The share of the running mean of gradients that stays from step to step, below 1.
    public var beta1: Double
    /// The same of the running mean of their squares.
    public var beta2: Double
    /// Added to the root of that mean, above 0. Padding, whose gradient is 0, would come to 0/0 without it.
    public var epsilon: Double

    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
        require(epsilon > 0, "AdamW with epsilon 0")
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }
}

/// One step of AdamW (Loshchilov and Hutter: "Decoupled weight decay regularization", arXiv:1711.05101), as PyTorch's `AdamW`:
///
///     w = w − learningRate · weightDecay · w
///     m = m + (1 − beta1) · (g − m)     s = beta2 · s + (1 − beta2) · g²
///     w = w − learningRate / (1 − beta1ᵗ) · m / (√s / √(1 − beta2ᵗ) + epsilon)
///
/// All buffers have one length; weights, mean m and squares s are changed in place. The corrections are computed once, in Double, by
/// products alone. Roots and quotients are rounded correctly, as IEEE 754 asks, so that every machine has the same bits.
///
/// - Parameters:
///   - addend: another part of the gradient, added to the first on the way; nil where there is none.
///   - step: counted from 0; t is one more.
public func adamWStep(
    weights: FloatBuffer, mean: FloatBuffer, squares: FloatBuffer, gradient: FloatBuffer, addend: FloatBuffer? = nil,
    settings: AdamW, learningRate: Double, weightDecay: Double, step: Int
) {
    requireCount(mean, weights.count, "mean")
    requireCount(squares, weights.count, "squares")
    requireCount(gradient, weights.count, "gradient")
    require(step >= 0, "a step before the first")
    guard let addend else {
        return adamWStep(weights, mean, squares, settings, learningRate, weightDecay, step) { place, lanes in
            gradient.pointer.vector(at: place, count: lanes)
        }
    }
    requireCount(addend, weights.count, "addend")
    adamWStep(weights, mean, squares, settings, learningRate, weightDecay, step) { place, lanes in
        gradient.pointer.vector(at: place, count: lanes) + addend.pointer.vector(at: place, count: lanes)
    }
}

@inline(__always)
private func adamWStep(
    _ weights: FloatBuffer, _ mean: FloatBuffer, _ squares: FloatBuffer, _ settings: AdamW, _ learningRate: Double,
    _ weightDecay: Double, _ step: Int, gradient: (_ place: Int, _ lanes: Int) -> Vector
) {
    let (w, m, s) = (weights.pointer, mean.pointer, squares.pointer)
    let shrunk = Vector(repeating: Float(1 - learningRate * weightDecay))
    let gained = Vector(repeating: Float(1 - settings.beta1))
    let kept = Vector(repeating: Float(settings.beta2))
    let added = Vector(repeating: Float(1 - settings.beta2))
    let rate = Vector(repeating: Float(-learningRate / (1 - power(settings.beta1, step + 1))))
    let correction = Vector(repeating: Float((1 - power(settings.beta2, step + 1)).squareRoot()))
    let epsilon = Vector(repeating: Float(settings.epsilon))
    forEachVector(weights.count) { place, lanes in
        let slope = gradient(place, lanes)
        let before = m.vector(at: place, count: lanes)
        let average = before.addingProduct(gained, slope - before)
        let square = (added * slope * slope).addingProduct(kept, s.vector(at: place, count: lanes))
        m.store(average, at: place, count: lanes)
        s.store(square, at: place, count: lanes)
        let change = average / (filterscope_square_roots(square) / correction + epsilon)
        w.store((w.vector(at: place, count: lanes) * shrunk).addingProduct(rate, change), at: place, count: lanes)
    }
}
