/// eˣ per lane for x ≤ 0, the only half that a stable softmax needs; NaN stays NaN.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, and eʳ by its Taylor polynomial up to r⁷, whose first missing term is below
/// 0.35⁸/8! < 6e-9, a tenth of a Float's rounding. ln 2 is taken in two parts so that r is exact to Float (Cody and
/// Waite). The arithmetic is plain, so the bits are the same on every machine, which a C library does not promise.
@inline(__always)
func exponentialOfNonPositive(_ x: Vector) -> Vector {
    // Below −87 the result would be subnormal: it is flushed to about 1e-38, and to zero by the mask at the end.
    let clamped = x.replacing(with: -87, where: x .< -87)
    // Adding 1.5 · 2²³ rounds to a whole number, which then stands in the low bits of the sum.
    let shifted = clamped * 1.442_695_04 + 0x1.8p23
    let n = shifted - 0x1.8p23
    var r = clamped.addingProduct(n, Vector(repeating: -0x1.62e4p-1))
    r.addProduct(n, Vector(repeating: -0x1.7f7d1cp-20))
    var polynomial = Vector(repeating: 1 / 5040)
    for coefficient: Float in [1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1, 1] {
        polynomial = Vector(repeating: coefficient).addingProduct(polynomial, r)
    }
    // 2ⁿ by its bit pattern, n in −126...0. The bits that NaN leaves there do not matter: the polynomial is NaN.
    let power = unsafeBitCast((unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &+ 127) &<< 23, to: Vector.self)
    return (polynomial * power).replacing(with: 0, where: x .< -87)
}
