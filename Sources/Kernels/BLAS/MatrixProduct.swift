import COpenBLAS
import Tensors

/// output = left · right, row-major, by OpenBLAS; adds to `output` where `accumulate` is set, else overwrites it.
///
/// - Parameters:
///   - output: [rows, columns]
///   - left: [rows, inner], or [inner, rows] where `transposeLeft` is set.
///   - right: [inner, columns], or [columns, inner] where `transposeRight` is set.
///   - outputStride, leftStride, rightStride: floats from one stored row to the next; nil means rows without gaps.
///
/// OpenBLAS may give a row other last bits in a call with another number of rows: the shape of a product is part of
/// what a result depends on.
public func matrixProduct(
    output: FloatBuffer, left: FloatBuffer, right: FloatBuffer, rows: Int, columns: Int, inner: Int,
    transposeLeft: Bool = false, transposeRight: Bool = false,
    outputStride: Int? = nil, leftStride: Int? = nil, rightStride: Int? = nil, accumulate: Bool = false
) {
    require(rows >= 0 && columns >= 0 && inner >= 0, "negative size")
    let outputStride = outputStride ?? columns
    let (leftRows, leftColumns) = transposeLeft ? (inner, rows) : (rows, inner)
    let (rightRows, rightColumns) = transposeRight ? (columns, inner) : (inner, columns)
    let leftStride = leftStride ?? leftColumns
    let rightStride = rightStride ?? rightColumns
    require(holds(output, rows, columns, outputStride), "output is too small for its rows and stride")
    require(holds(left, leftRows, leftColumns, leftStride), "left is too small for its rows and stride")
    require(holds(right, rightRows, rightColumns, rightStride), "right is too small for its rows and stride")
    product(
        output.pointer, outputStride, left.pointer, leftStride, transposeLeft, right.pointer, rightStride, transposeRight,
        rows: rows, columns: columns, inner: inner, accumulate: accumulate)
}

private func holds(_ buffer: FloatBuffer, _ rows: Int, _ columns: Int, _ stride: Int) -> Bool {
    stride >= columns && (rows == 0 || columns == 0 || buffer.count >= (rows - 1) * stride + columns)
}

/// The product without checks, for kernels that know their sizes.
func product(
    _ output: UnsafeMutablePointer<Float>, _ outputStride: Int,
    _ left: UnsafePointer<Float>, _ leftStride: Int, _ transposeLeft: Bool,
    _ right: UnsafePointer<Float>, _ rightStride: Int, _ transposeRight: Bool,
    rows: Int, columns: Int, inner: Int, accumulate: Bool
) {
    guard rows > 0, columns > 0 else { return }
    // OpenBLAS wants strides of at least one even where there is nothing to read.
    cblas_sgemm(
        CblasRowMajor, transposeLeft ? CblasTrans : CblasNoTrans, transposeRight ? CblasTrans : CblasNoTrans,
        blasint(rows), blasint(columns), blasint(inner), 1, left, blasint(max(leftStride, 1)),
        right, blasint(max(rightStride, 1)), accumulate ? 1 : 0, output, blasint(max(outputStride, 1)))
}
