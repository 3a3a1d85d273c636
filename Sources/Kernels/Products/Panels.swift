/// Filters or channels of a panel, the right side of a product, which a tile reads in one stream: what a tile is wide, see
/// `largestTileRows`.
var panelWidth: Int { @inline(__always) get { hasWideRegisters ? 2 &* vectorWidth : vectorWidth } }

/// output[rows, width] = left[rows, inner] · panel[inner, width], with what `start` says of the output; width is 32, 24 or 16.
@inline(__always)
func panelProduct(
    output: UnsafeMutablePointer<Float>, outputStride: Int, left: UnsafePointer<Float>, leftStride: Int,
    panel: UnsafePointer<Float>, width: Int, rows: Int, inner: Int, start: ProductTile.Start
) {
    let tile = ProductTile(
        output: output, outputStride: outputStride, left: left, leftRowStep: leftStride, leftInnerStep: 1, right: panel,
        rightStep: width, inner: inner, start: start)
    multiplyRows(tile, rows: rows, width: width)
}

/// output[leftColumns, rightColumns] = leftᵀ · right, with what `start` says of the output, over `inner` rows of both; all row-major. Column counts are multiples
/// of 16.
@inline(__always)
func outerProduct(
    output: UnsafeMutablePointer<Float>, outputStride: Int, left: UnsafePointer<Float>, leftStride: Int, leftColumns: Int,
    right: UnsafePointer<Float>, rightStride: Int, rightColumns: Int, inner: Int, start: ProductTile.Start
) {
    for column in stride(from: 0, to: rightColumns, by: panelWidth) {
        let isWide = hasWideRegisters && rightColumns &- column >= panelWidth
        let tile = ProductTile(
            output: output + column, outputStride: outputStride, left: left, leftRowStep: 1, leftInnerStep: leftStride,
            right: right + column, rightStep: rightStride, inner: inner, start: start)
        multiplyRows(tile, rows: leftColumns, width: isWide ? 2 &* vectorWidth : vectorWidth)
    }
}
