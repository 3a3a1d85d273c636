import Foundation

/// Ordinary least squares of y on one x.
struct LeastSquaresLine {
    let slope: Double
    let intercept: Double
    let residualSquares: Double
    /// 1 − residual over total squares; 1 where all y are equal and met.
    let rSquared: Double

    /// Nil where all x are equal.
    init?(_ x: [Double], _ y: [Double]) {
        precondition(x.count == y.count, "\(x.count) against \(y.count) values")
        guard x.count >= 2 else { return nil }
        let count = Double(x.count)
        let meanX = x.reduce(0, +) / count
        let meanY = y.reduce(0, +) / count
        var squaresX = 0.0
        var products = 0.0
        for (a, b) in zip(x, y) {
            squaresX += (a - meanX) * (a - meanX)
            products += (a - meanX) * (b - meanY)
        }
        guard squaresX > 0 else { return nil }
        let slope = products / squaresX
        let intercept = meanY - slope * meanX
        var residual = 0.0
        var total = 0.0
        for (a, b) in zip(x, y) {
            let error = b - (intercept + slope * a)
            residual += error * error
            total += (b - meanY) * (b - meanY)
        }
        self.slope = slope
        self.intercept = intercept
        residualSquares = residual
        rSquared = total > 0 ? 1 - residual / total : 1
    }

    func value(at x: Double) -> Double { intercept + slope * x }
}

/// The squares that the best parabola leaves; nil where fewer than three x differ.
func parabolaResidualSquares(_ x: [Double], _ y: [Double]) -> Double? {
    guard Set(x).count >= 3, let line = LeastSquaresLine(x, y) else { return nil }
    // The part of x² that the line in x does not explain, by Frisch, Waugh and Lovell: what is left of y loses its projection on it.
    let squares = x.map { $0 * $0 }
    guard let ofSquares = LeastSquaresLine(x, squares) else { return nil }
    var product = 0.0
    var length = 0.0
    for (index, a) in x.enumerated() {
        let rest = squares[index] - ofSquares.value(at: a)
        product += rest * (y[index] - line.value(at: a))
        length += rest * rest
    }
    guard length > 0 else { return nil }
    return max(0, line.residualSquares - product * product / length)
}

/// Akaike's criterion with the correction for few points (Hurvich and Tsai 1989): n·ln(RSS/n) + 2k + 2k(k+1)/(n−k−1).
/// - Parameter parameters: k, the variance counted.
/// - Returns: nil where there are too few points, or the fit leaves nothing.
func correctedAkaike(residualSquares: Double, count: Int, parameters: Int) -> Double? {
    guard count > parameters + 1, residualSquares > 0 else { return nil }
    let (n, k) = (Double(count), Double(parameters))
    return n * log(residualSquares / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
}
