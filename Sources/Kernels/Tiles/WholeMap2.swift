/// A whole map of 2×2 from nine products instead of the 36 of nine taps, or the 16 that stay inside the map.
///
/// In one dimension a 3-tap convolution of two values padded with zeros is y0 = w1 x0 + w2 x1, y1 = w0 x0 + w1 x1: a Toeplitz
/// matrix, for which three products are enough (Karatsuba's way):
///
///     p = w1 (x0 + x1)   q = (w2 − w1) x1   r = (w0 − w1) x0      y0 = p + q   y1 = p + r
///
/// Its coefficients are all 1, so it rounds hardly more than a direct sum, and its weights are no larger than the kernel.
enum WholeMap2: TileScheme {
    static var tile: Int { @inline(__always) get { 2 } }
    static var window: Int { @inline(__always) get { 2 } }
    static var margin: Int { @inline(__always) get { 0 } }
    static var points: Int { @inline(__always) get { 3 } }

    @inline(__always)
    static func input(_ load: Load, _ store: Store) {
        let (x0, x1) = (load(0), load(1))
        store(0, x0 + x1)
        store(1, x1)
        store(2, x0)
    }

    @inline(__always)
    static func inputAdjoint(_ load: Load, _ store: Store) {
        let (v0, v1, v2) = (load(0), load(1), load(2))
        store(0, v0 + v2)
        store(1, v0 + v1)
    }

    @inline(__always)
    static func output(_ load: Load, _ store: Store) {
        let (p, q, r) = (load(0), load(1), load(2))
        store(0, p + q)
        store(1, p + r)
    }

    @inline(__always)
    static func outputAdjoint(_ load: Load, _ store: Store) {
        let (y0, y1) = (load(0), load(1))
        store(0, y0 + y1)
        store(1, y0)
        store(2, y1)
    }

    @inline(__always)
    static func weights(_ load: Load, _ store: Store) {
        let (w0, w1, w2) = (load(0), load(1), load(2))
        store(0, w1)
        store(1, w2 - w1)
        store(2, w0 - w1)
    }

    @inline(__always)
    static func weightsAdjoint(_ load: Load, _ store: Store) {
        let (u0, u1, u2) = (load(0), load(1), load(2))
        store(0, u2)
        store(1, u0 - u1 - u2)
        store(2, u1)
    }
}
