/// F(4×4, 3×3): sixteen outputs of a map from 36 products instead of 144.
///
/// Interpolation points 0, ±5/8, ±3/2 and ∞. Among points of this form and few bits, these had the smallest error in random
/// trials (root mean square twice that of one chain of direct sums in float32, where the usual 0, ±1, ±2, ∞ have nearly five
/// times), and every coefficient below but those of `weights` is exact in float32. docs/results/kernels.md has the trials, and
/// the errors of whole layers.
enum Winograd43: TileScheme {
    static var tile: Int { @inline(__always) get { 4 } }
    static var window: Int { @inline(__always) get { 6 } }
    static var margin: Int { @inline(__always) get { 1 } }
    static var points: Int { @inline(__always) get { 6 } }

    // The points a and b, and what comes of them.
    private static var a: Float { @inline(__always) get { 0.625 } }
    private static var b: Float { @inline(__always) get { 1.5 } }
    private static var aa: Float { @inline(__always) get { a * a } }
    private static var bb: Float { @inline(__always) get { b * b } }
    private static var product: Float { @inline(__always) get { aa * bb } }
    private static var sum: Float { @inline(__always) get { aa + bb } }
    // 1 / Π (p − other points) for p = 0, ±a and ±b, ∞ left out.
    private static var atZero: Float { @inline(__always) get { 1 / (aa * bb) } }
    private static var atA: Float { @inline(__always) get { 1 / (2 * aa * (aa - bb)) } }
    private static var atB: Float { @inline(__always) get { 1 / (2 * bb * (bb - aa)) } }

    @inline(__always)
    static func input(_ load: Load, _ store: Store) {
        let (d0, d1, d2, d3, d4, d5) = (load(0), load(1), load(2), load(3), load(4), load(5))
        store(0, d4.adding(-sum, d2).adding(product, d0))
        let (evenA, oddA) = (d4.adding(-bb, d2), d3.adding(-bb, d1))
        store(1, evenA.adding(a, oddA))
        store(2, evenA.adding(-a, oddA))
        let (evenB, oddB) = (d4.adding(-aa, d2), d3.adding(-aa, d1))
        store(3, evenB.adding(b, oddB))
        store(4, evenB.adding(-b, oddB))
        store(5, d5.adding(-sum, d3).adding(product, d1))
    }

    @inline(__always)
    static func inputAdjoint(_ load: Load, _ store: Store) {
        let (v0, v1, v2, v3, v4, v5) = (load(0), load(1), load(2), load(3), load(4), load(5))
        let (plusA, minusA, plusB, minusB) = (v1 + v2, v1 - v2, v3 + v4, v3 - v4)
        store(0, v0 * product)
        store(1, (v5 * product).adding(-a * bb, minusA).adding(-b * aa, minusB))
        store(2, (v0 * -sum).adding(-bb, plusA).adding(-aa, plusB))
        store(3, (v5 * -sum).adding(a, minusA).adding(b, minusB))
        store(4, v0 + (plusA + plusB))
        store(5, v5)
    }

    @inline(__always)
    static func output(_ load: Load, _ store: Store) {
        let (m0, m1, m2, m3, m4, m5) = (load(0), load(1), load(2), load(3), load(4), load(5))
        let (plusA, minusA, plusB, minusB) = (m1 + m2, m1 - m2, m3 + m4, m3 - m4)
        store(0, m0 + (plusA + plusB))
        store(1, (minusA * a).adding(b, minusB))
        store(2, (plusA * aa).adding(bb, plusB))
        store(3, m5.adding(a * aa, minusA).adding(b * bb, minusB))
    }

    @inline(__always)
    static func outputAdjoint(_ load: Load, _ store: Store) {
        let (y0, y1, y2, y3) = (load(0), load(1), load(2), load(3))
        store(0, y0)
        let (evenA, oddA) = (y0.adding(aa, y2), y1.adding(aa, y3))
        store(1, evenA.adding(a, oddA))
        store(2, evenA.adding(-a, oddA))
        let (evenB, oddB) = (y0.adding(bb, y2), y1.adding(bb, y3))
        store(3, evenB.adding(b, oddB))
        store(4, evenB.adding(-b, oddB))
        store(5, y3)
    }

    @inline(__always)
    static func weights(_ load: Load, _ store: Store) {
        let (w0, w1, w2) = (load(0), load(1), load(2))
        store(0, w0 * atZero)
        let (evenA, oddA) = (w0.adding(aa, w2) * atA, w1 * (a * atA))
        store(1, evenA + oddA)
        store(2, evenA - oddA)
        let (evenB, oddB) = (w0.adding(bb, w2) * atB, w1 * (b * atB))
        store(3, evenB + oddB)
        store(4, evenB - oddB)
        store(5, w2)
    }

    @inline(__always)
    static func weightsAdjoint(_ load: Load, _ store: Store) {
        let (u0, u1, u2, u3, u4, u5) = (load(0), load(1), load(2), load(3), load(4), load(5))
        let (plusA, minusA, plusB, minusB) = (u1 + u2, u1 - u2, u3 + u4, u3 - u4)
        store(0, (u0 * atZero).adding(atA, plusA).adding(atB, plusB))
        store(1, (minusA * (a * atA)).adding(b * atB, minusB))
        store(2, u5.adding(aa * atA, plusA).adding(bb * atB, plusB))
    }
}

extension SIMD16<Float> {
    /// self + factor · value, rounded once.
    @inline(__always)
    fileprivate func adding(_ factor: Float, _ value: Vector) -> Vector { addingProduct(Vector(repeating: factor), value) }
}
