import Tensors

// SiLU (Hendrycks and Gimpel 2016; "swish"): x · σ(x). By the exponential of a non-positive number alone, so nothing overflows,
// and in plain arithmetic, so the bits are the same on every machine.

/// 1 / (1 + e⁻ˣ) per lane; NaN stays NaN.
@inline(__always)
func sigmoid(_ x: Vector) -> Vector {
    let isNegative = x .< 0
    let exponential = exponentialOfNonPositive((-x).replacing(with: x, where: isNegative))
    return Vector(repeating: 1).replacing(with: exponential, where: isNegative) / (1 + exponential)
}

/// x · σ(x) per lane.
@inline(__always)
func silu(_ x: Vector) -> Vector { x * sigmoid(x) }

/// The value and the slope σ + x · σ · (1 − σ).
@inline(__always)
func siluWithSlope(_ x: Vector) -> (value: Vector, slope: Vector) {
    let gate = sigmoid(x)
    let value = x * gate
    return (value, gate.addingProduct(value, 1 - gate))
}

/// output = x · σ(x), element by element; the two may be the same memory.
public func siluForward(output: FloatBuffer, input: FloatBuffer) {
    requireCount(input, output.count, "input")
    forEachVector(output.count) { place, lanes in
        output.pointer.store(silu(input.pointer.vector(at: place, count: lanes)), at: place, count: lanes)
    }
}
