/// Mean and sum of squared deviations of 16 columns, in Double.
struct ColumnMoments {
    var mean = SIMD16<Double>(repeating: 0)
    var squares = SIMD16<Double>(repeating: 0)
}

/// The moments of every 16 columns of a matrix.
///
/// Runs of 64 rows are small enough for the first-level cache, so each is read twice: once for its mean, once for its
/// squared deviations from it, both in Float, where 64 terms lose little. Runs are then joined in Double by Chan, Golub
/// and LeVeque's update ("Updating formulae and a pairwise algorithm for computing sample variances", 1979). No large
/// squares are ever subtracted from each other, and memory is read once.
func accumulateMoments(
    _ moments: UnsafeMutableBufferPointer<ColumnMoments>, _ matrix: UnsafePointer<Float>, rows: Int, columns: Int
) {
    moments.initialize(repeating: ColumnMoments())
    for first in stride(from: 0, to: rows, by: 64) {
        let count = min(64, rows - first)
        let before = Double(first)
        let share = Double(count) / (before + Double(count))
        for block in 0..<moments.count {
            let column = block * vectorWidth
            let lanes = min(vectorWidth, columns - column)
            let run = matrix + (first * columns + column)
            let (mean, squares) = lanes == vectorWidth
                ? runMoments(run, rows: count, columns: columns)
                : runMoments(run, rows: count, columns: columns, lanes: lanes)
            let delta = SIMD16<Double>(mean) - moments[block].mean
            moments[block].mean += delta * share
            moments[block].squares += SIMD16<Double>(squares) + delta * delta * (before * share)
        }
    }
}

@inline(__always)
private func runMoments(
    _ run: UnsafePointer<Float>, rows: Int, columns: Int, lanes: Int = vectorWidth
) -> (mean: Vector, squares: Vector) {
    // Four sums side by side hide the latency of an addition, and shorten the chains in which errors grow.
    var sums = (Vector(), Vector(), Vector(), Vector())
    var row = 0
    while row &+ 4 <= rows {
        let place = row &* columns
        sums.0 += run.vector(at: place, count: lanes)
        sums.1 += run.vector(at: place &+ columns, count: lanes)
        sums.2 += run.vector(at: place &+ 2 &* columns, count: lanes)
        sums.3 += run.vector(at: place &+ 3 &* columns, count: lanes)
        row &+= 4
    }
    while row < rows {
        sums.0 += run.vector(at: row &* columns, count: lanes)
        row &+= 1
    }
    let mean = ((sums.0 + sums.1) + (sums.2 + sums.3)) / Float(rows)
    var squares = (Vector(), Vector(), Vector(), Vector())
    row = 0
    while row &+ 4 <= rows {
        let place = row &* columns
        let first = run.vector(at: place, count: lanes) - mean
        let second = run.vector(at: place &+ columns, count: lanes) - mean
        let third = run.vector(at: place &+ 2 &* columns, count: lanes) - mean
        let fourth = run.vector(at: place &+ 3 &* columns, count: lanes) - mean
        squares.0.addProduct(first, first)
        squares.1.addProduct(second, second)
        squares.2.addProduct(third, third)
        squares.3.addProduct(fourth, fourth)
        row &+= 4
    }
    while row < rows {
        let value = run.vector(at: row &* columns, count: lanes) - mean
        squares.0.addProduct(value, value)
        row &+= 1
    }
    return (mean, (squares.0 + squares.1) + (squares.2 + squares.3))
}
