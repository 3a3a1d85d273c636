/// Filters or channels of a panel, the right side of a product, which a tile reads in one stream: what a tile is wide, see
/// `largestTileRows`.
var panelWidth: Int { @inline(__always) get { hasWideRegisters ? 2 &* vectorWidth : vectorWidth } }

/// output[rows, width] = left[rows, inner] · panel[inner, width], with what `start` says of the output; width is 32 or 16.
@inline(__always)
func panelProduct(
    output: UnsafeMutablePointer<Float>, outputStride: Int, left: UnsafePointer<Float>, leftStride: Int,
    panel: UnsafePointer<Float>, width: Int, rows: Int, inner: Int, start: ProductTile.Start
) {
    forEachRowTile(rows) { first, count in
        let tile = ProductTile(
            output: output + first &* outputStride, outputStride: outputStride, left: left + first &* leftStride,
            leftRowStep: leftStride, leftInnerStep: 1, right: panel, rightStep: width, inner: inner, start: start)
        if width == 2 &* vectorWidth { wideProduct(tile, rows: count) } else { narrowProduct(tile, rows: count) }
    }
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
        forEachRowTile(leftColumns) { first, count in
            let tile = ProductTile(
                output: output + (first &* outputStride &+ column), outputStride: outputStride, left: left + first,
                leftRowStep: 1, leftInnerStep: leftStride, right: right + column, rightStep: rightStride, inner: inner,
                start: start)
            if isWide { wideProduct(tile, rows: count) } else { narrowProduct(tile, rows: count) }
        }
    }
}
