/// The gradient of Σ output · upper at `input`, by central differences in Double.
///
/// The step 1e-5 balances the truncation, of the order step² = 1e-10, against rounding, of the order 1e-16 / step =
/// 1e-11 times the size of the sum; gradients of the size of one then agree to about 1e-9.
func numericalGradient(_ input: [Double], upper: [Double], step: Double = 1e-5, _ function: ([Double]) -> [Double]) -> [Double] {
    input.indices.map { index in
        var shifted = input
        shifted[index] = input[index] + step
        let above = function(shifted)
        shifted[index] = input[index] - step
        let below = function(shifted)
        var slope = 0.0
        for place in upper.indices { slope += (above[place] - below[place]) * upper[place] }
        return slope / (2 * step)
    }
}
