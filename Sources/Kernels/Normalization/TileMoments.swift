/// Sums for the mean and variance of 16 channels, over runs of a few values each.
///
/// A run's squared deviations are taken from its own mean in Float, where sixteen terms lose little; between runs, all is in
/// Double: Σ (run sum)² / (run length) − (Σ run sums)² / rows is the variance of the runs' means. Only there is something
/// subtracted, with 29 bits to spare over what Float could hold.
struct TileMoments {
    private var sum = SIMD16<Double>(repeating: 0)
    private var spread = SIMD16<Double>(repeating: 0)
    private var squares = SIMD16<Double>(repeating: 0)

    /// Adds a run of `count` values.
    /// - Parameter values: calls its body with each value, in the same order each time.
    @inline(__always)
    mutating func add(count: Int, _ values: (_ body: (_ value: Vector) -> Void) -> Void) {
        var total = Vector()
        values { value in total += value }
        let mean = total / Float(count)
        var deviations = Vector()
        values { value in
            let deviation = value - mean
            deviations.addProduct(deviation, deviation)
        }
        let wide = doubles(total)
        sum += wide
        spread.addProduct(wide, wide / Double(count))
        squares += doubles(deviations)
    }

    /// Mean and sum of squared deviations of all `rows` values.
    @inline(__always)
    func finished(rows: Int) -> ColumnMoments {
        let mean = sum / Double(rows)
        var between = spread - sum * mean
        between.replace(with: 0, where: between .< 0)
        return ColumnMoments(mean: mean, squares: squares + between)
    }
}
