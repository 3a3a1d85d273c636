/// Mean and sum of squared deviations of 16 columns, in Double.
struct ColumnMoments {
    let mean: SIMD16<Double>
    let squares: SIMD16<Double>
}
