import Tensors

// Dimensions: R rows of the left matrix, C rows of the right one, P the inner extent they share.

/// output[r, c] = Σ_p left[r, p] · right[c, p]: the product of the left matrix with the right one's transpose, summed in
/// Double and rounded to float32 once. Overwrites `output`.
///
/// The product of two float32 numbers is exact in Double (24 + 24 ≤ 53 bits), so a fused and an unfused multiply-add give
/// the same bits here, and every sum runs over p ascending: the result is the same on every machine, whatever its
/// instruction set, and every element is independent of R and C. That is more than an OpenBLAS product promises.
///
/// - Parameters:
///   - output: [R, C] row-major.
///   - left: [R, P] row-major.
///   - right: [C, P] row-major.
public func exactProductTransposed(
    output: FloatBuffer, left: FloatBuffer, right: FloatBuffer, rows: Int, columns: Int, inner: Int
) {
    precondition(
        output.count == rows * columns && left.count == rows * inner && right.count == columns * inner,
        "product of [\(rows), \(inner)] and [\(columns), \(inner)] over buffers of \(left.count), \(right.count), \(output.count)")
    guard rows > 0, columns > 0 else { return }
    // One panel: eight rows of the right matrix, transposed and widened, so that the inner loop reads one vector per p.
    let panel = UnsafeMutablePointer<SIMD8<Double>>.allocate(capacity: max(inner, 1))
    defer { panel.deallocate() }
    // Widened once, so that the inner loop broadcasts straight from memory.
    let wide = UnsafeMutablePointer<Double>.allocate(capacity: max(rows * inner, 1))
    defer { wide.deallocate() }
    for index in 0..<rows * inner { wide[index] = Double(left.pointer[index]) }
    for firstColumn in stride(from: 0, to: columns, by: 8) {
        let width = min(8, columns - firstColumn)
        for p in 0..<inner {
            var vector = SIMD8<Double>(repeating: 0)
            for lane in 0..<width { vector[lane] = Double(right.pointer[(firstColumn + lane) * inner + p]) }
            panel[p] = vector
        }
        var row = 0
        while row + 4 <= rows {
            let sums = fourRows(wide + row * inner, panel, inner)
            store(sums.0, output.pointer + row * columns + firstColumn, width)
            store(sums.1, output.pointer + (row + 1) * columns + firstColumn, width)
            store(sums.2, output.pointer + (row + 2) * columns + firstColumn, width)
            store(sums.3, output.pointer + (row + 3) * columns + firstColumn, width)
            row += 4
        }
        while row < rows {
            store(oneRow(wide + row * inner, panel, inner), output.pointer + row * columns + firstColumn, width)
            row += 1
        }
    }
}

@inline(__always)
private func fourRows(
    _ left: UnsafeMutablePointer<Double>, _ panel: UnsafeMutablePointer<SIMD8<Double>>, _ inner: Int
) -> (SIMD8<Double>, SIMD8<Double>, SIMD8<Double>, SIMD8<Double>) {
    var first = SIMD8<Double>(repeating: 0)
    var second = first
    var third = first
    var fourth = first
    for p in 0..<inner {
        let vector = panel[p]
        first += vector * left[p]
        second += vector * left[inner + p]
        third += vector * left[2 * inner + p]
        fourth += vector * left[3 * inner + p]
    }
    return (first, second, third, fourth)
}

@inline(__always)
private func oneRow(
    _ left: UnsafeMutablePointer<Double>, _ panel: UnsafeMutablePointer<SIMD8<Double>>, _ inner: Int
) -> SIMD8<Double> {
    var sum = SIMD8<Double>(repeating: 0)
    for p in 0..<inner { sum += panel[p] * left[p] }
    return sum
}

@inline(__always)
private func store(_ sums: SIMD8<Double>, _ output: UnsafeMutablePointer<Float>, _ width: Int) {
    for lane in 0..<width { output[lane] = Float(sums[lane]) }
}

/// The columns `range` of a row-major [rows, columns] matrix, each as a contiguous run of `rows` elements: the transpose
/// of a block. Overwrites `output`, [range.count, rows].
public func gatherColumns(output: FloatBuffer, input: FloatBuffer, rows: Int, columns: Int, range: Range<Int>) {
    precondition(
        input.count == rows * columns && output.count == rows * range.count && range.lowerBound >= 0
            && range.upperBound <= columns, "columns \(range) of [\(rows), \(columns)]")
    for row in 0..<rows {
        let source = input.pointer + row * columns + range.lowerBound
        for column in 0..<range.count { output.pointer[column * rows + row] = source[column] }
    }
}
