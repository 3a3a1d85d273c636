/// sums[c] = (or += where `adds`) Σ over rows of matrix[row, c]. Runs of 64 rows are added in Float, the runs in Double, so the error does not
/// grow with the number of rows.
func columnSums(_ sums: UnsafeMutablePointer<Float>, _ matrix: UnsafePointer<Float>, rows: Int, columns: Int, adds: Bool = false) {
    for column in stride(from: 0, to: columns, by: vectorWidth) {
        let lanes = min(vectorWidth, columns - column)
        var total = SIMD16<Double>(repeating: 0)
        for first in stride(from: 0, to: rows, by: 64) {
            var run = Vector(repeating: 0)
            for row in first..<min(first + 64, rows) { run += matrix.vector(at: row &* columns &+ column, count: lanes) }
            total += SIMD16<Double>(run)
        }
        let sum = adds ? sums.vector(at: column, count: lanes) + Vector(total) : Vector(total)
        sums.store(sum, at: column, count: lanes)
    }
}

/// Writes `row` to each of the rows of a matrix.
func repeatRow(_ matrix: UnsafeMutablePointer<Float>, _ row: UnsafePointer<Float>, rows: Int, columns: Int) {
    for index in 0..<rows { (matrix + index &* columns).update(from: row, count: columns) }
}
