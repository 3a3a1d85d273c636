/// baseⁿ for n ≥ 0 by repeated squaring: products alone, which round alike on every machine, where a C library's `pow` need not.
func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        rest >>= 1
        if rest > 0 { square *= square }
    }
    return result
}
