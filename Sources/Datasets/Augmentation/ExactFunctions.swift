import Tensors

/// Exponential and logarithm out of nothing but sums, products and quotients, which round alike on every machine. The C
/// library's differ in their last bits between versions and processors, and a crop that lands one pixel off would change
/// a run's bits.
enum ExactFunctions {
    private static let logarithmOfTwo = 0.693147180559945309417232121458

    /// e to the power of x, for |x| ≤ 700.
    static func exponential(_ x: Double) -> Double {
        let turns = (x / logarithmOfTwo).rounded()
        let rest = x - turns * logarithmOfTwo
        // |rest| ≤ 0.35: the 18th term is below 1e-24 of the sum.
        var sum = 1.0
        for term in stride(from: 18.0, through: 1, by: -1) { sum = 1 + rest / term * sum }
        return sum * Double(sign: .plus, exponent: Int(turns), significand: 1)
    }

    /// The natural logarithm of a positive, normal x.
    static func logarithm(_ x: Double) -> Double {
        var exponent = Double(x.exponent)
        var part = x.significand
        if part > 1.5 {
            part /= 2
            exponent += 1
        }
        // ln m = 2 artanh((m − 1)/(m + 1)), and |t| ≤ 0.2: t² to the 20th is below 1e-27.
        let t = (part - 1) / (part + 1)
        let square = t * t
        var sum = 0.0
        for power in stride(from: 41.0, through: 1, by: -2) { sum = sum * square + 1 / power }
        return exponent * logarithmOfTwo + 2 * t * sum
    }
}

extension RandomStream {
    /// Uniform between two numbers.
    mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * Double(nextUniform()) }

    /// From the beta distribution with both parameters `alpha` (Jöhnk's method: "Erzeugung von betaverteilten und
    /// gammaverteilten Zufallszahlen", Metrika 8, 1964), for 0.01 ≤ alpha ≤ 4.
    mutating func beta(_ alpha: Double) -> Double {
        while true {
            // Uniform in (0, 1], so that the logarithm exists.
            let x = ExactFunctions.exponential(ExactFunctions.logarithm(1 - Double(nextUniform())) / alpha)
            let y = ExactFunctions.exponential(ExactFunctions.logarithm(1 - Double(nextUniform())) / alpha)
            if x + y <= 1, x + y > 0 { return x / (x + y) }
        }
    }
}
