/// A matrix [inner, columns] cut into panels of 32 columns, [inner, 32] one after the other; the last is 16 wide where
/// columns % 32 = 16. The right side of a product lies so, since a tile then reads it in one stream.
struct PanelShape {
    let inner: Int
    /// A multiple of 16.
    let columns: Int

    static let width = 32

    /// Floats from the panels of one product to those of the next. A cache line more than the matrix has, for matrices a power of
    /// two apart would all want the same cache sets.
    var stride: Int { inner &* columns &+ vectorWidth }

    /// Where column `column`, a multiple of 16, of row `row` stands.
    @inline(__always)
    func place(row: Int, column: Int) -> Int {
        let panel = column / Self.width
        return panel &* Self.width &* inner &+ row &* width(ofPanelAt: column) &+ (column &- panel &* Self.width)
    }

    /// Floats of a row of the panel that holds `column`.
    @inline(__always)
    func width(ofPanelAt column: Int) -> Int { min(Self.width, columns &- column / Self.width &* Self.width) }
}

/// output[rows, columns of `range`] = left[rows, inner] · panels. `output` points at the range's first column, which is a multiple
/// of 32.
@inline(__always)
func panelProduct(
    output: UnsafeMutablePointer<Float>, outputStride: Int, left: UnsafePointer<Float>, leftStride: Int,
    panels: UnsafePointer<Float>, shape: PanelShape, columns range: Range<Int>, rows: Int
) {
    var column = range.lowerBound
    while column < range.upperBound {
        let width = shape.width(ofPanelAt: column)
        let right = panels + shape.place(row: 0, column: column)
        let target = output + (column &- range.lowerBound)
        forEachRowTile(rows) { first, count in
            let tile = ProductTile(
                output: target + first &* outputStride, outputStride: outputStride, left: left + first &* leftStride,
                leftRowStep: leftStride, leftInnerStep: 1, right: right, rightStep: width, inner: shape.inner, start: .none)
            if width == PanelShape.width { wideProduct(tile, rows: count) } else { narrowProduct(tile, rows: count) }
        }
        column &+= width
    }
}

/// output[leftColumns, rightColumns] = leftᵀ · right, with what `start` says of the output, over `inner` rows of both; all row-major. Column counts are multiples
/// of 16.
@inline(__always)
func outerProduct(
    output: UnsafeMutablePointer<Float>, outputStride: Int, left: UnsafePointer<Float>, leftStride: Int, leftColumns: Int,
    right: UnsafePointer<Float>, rightStride: Int, rightColumns: Int, inner: Int, start: ProductTile.Start
) {
    for column in stride(from: 0, to: rightColumns, by: PanelShape.width) {
        let isWide = rightColumns &- column >= PanelShape.width
        forEachRowTile(leftColumns) { first, count in
            let tile = ProductTile(
                output: output + (first &* outputStride &+ column), outputStride: outputStride, left: left + first,
                leftRowStep: 1, leftInnerStep: leftStride, right: right + column, rightStep: rightStride, inner: inner,
                start: start)
            if isWide { wideProduct(tile, rows: count) } else { narrowProduct(tile, rows: count) }
        }
    }
}
