import Tensors

// SiLU (Hendrycks and Gimpel 2016; "swish"): x · σ(x), in plain arithmetic, so the bits are the same on every machine.
//
// `inline(always)`, since for the compiler `inline(__always)` is a wish, which it does not grant to functions of this length.

/// 1 / (1 + e⁻ˣ) per lane; NaN stays NaN.
@inline(always)
func sigmoid(_ x: Vector) -> Vector {
    (1 / (1 + exponentialOfNegated(clampedToExponent(x)))).replacing(with: x, where: x .!= x)
}

/// x · σ(x) per lane; NaN stays NaN.
@inline(always)
func silu(_ x: Vector) -> Vector {
    let clamped = clampedToExponent(x)
    return x.replacing(with: clamped, where: x .< clamped) / (1 + exponentialOfNegated(clamped))
}

/// The value and the slope σ + x · σ · (1 − σ); NaN stays NaN.
@inline(always)
func siluWithSlope(_ x: Vector) -> (value: Vector, slope: Vector) {
    let clamped = clampedToExponent(x)
    let gate = 1 / (1 + exponentialOfNegated(clamped))
    let value = x.replacing(with: clamped, where: x .< clamped) * gate
    return (value, gate.addingProduct(value, 1 - gate))
}

/// Beyond ±86, σ is 0 or 1 to 1e-37; within, e⁻ˣ has a place among normal floats.
@inline(always)
private func clampedToExponent(_ x: Vector) -> Vector {
    let high = x.replacing(with: 86, where: x .> 86)
    return high.replacing(with: -86, where: high .< -86)
}

/// e⁻ˣ per lane for |x| ≤ 86, and something that is not NaN for NaN.
///
/// e⁻ˣ = 2ⁿ · 2ʳ, where n + r = −x · log₂ e, n whole and |r| ≤ ½. r comes of one fused multiply-add, so that only log₂ e's own
/// rounding errs, by 1.4e-8 · |x| of the result: below a Float's rounding where SiLU differs from 0 and from x by anything that
/// matters. 2ʳ is the polynomial of degree 5 with least relative error among those that are 1 at 0, 9.4e-8. 2ⁿ is added to the
/// exponent's bits, since the polynomial lies in 0.7...1.42 and n in −124...124. Ten operations, where a softmax's exponential,
/// which must flush to zero and errs less, takes twenty.
@inline(always)
private func exponentialOfNegated(_ x: Vector) -> Vector {
    let perUnit = Vector(repeating: -1.442_695_04)
    // Adding 1.5 · 2²³ rounds to a whole number, which then stands in the low bits of the sum.
    let shifted = Vector(repeating: 0x1.8p23).addingProduct(x, perUnit)
    let r = (0x1.8p23 - shifted).addingProduct(x, perUnit)
    var polynomial = Vector(repeating: 0x1.5bd97cp-10)
    polynomial = Vector(repeating: 0x1.3ce8b2p-7).addingProduct(polynomial, r)
    polynomial = Vector(repeating: 0x1.c6b6dap-5).addingProduct(polynomial, r)
    polynomial = Vector(repeating: 0x1.ebf9c2p-3).addingProduct(polynomial, r)
    polynomial = Vector(repeating: 0x1.62e42ap-1).addingProduct(polynomial, r)
    polynomial = Vector(repeating: 1).addingProduct(polynomial, r)
    return unsafeBitCast(
        unsafeBitCast(polynomial, to: SIMD16<UInt32>.self) &+ (unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &<< 23),
        to: Vector.self)
}

/// output = x · σ(x), element by element; the two may be the same memory.
public func siluForward(output: FloatBuffer, input: FloatBuffer) {
    requireCount(input, output.count, "input")
    let (target, source) = (output.pointer, input.pointer)
    // One call, so that it is inlined.
    for place in stride(from: 0, to: output.count, by: vectorWidth) {
        let lanes = min(vectorWidth, output.count &- place)
        target.store(silu(source.vector(at: place, count: lanes)), at: place, count: lanes)
    }
}
