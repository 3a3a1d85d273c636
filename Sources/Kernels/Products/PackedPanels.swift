/// The right side of a product, [inner, columns], in panels that tiles read in one stream.
///
/// A panel is as wide as a tile, and the last ones may be of other widths so that little is wasted: the last 17 to 24 columns are
/// one panel of 24. Columns beyond the last are zeros, and what comes of them is dropped.
struct PackedPanels {
    let memory: UnsafeMutablePointer<Float>
    let inner: Int
    let columns: Int
    /// Rows of one panel's sums, for those with columns to drop.
    private let spill: UnsafeMutablePointer<Float>

    /// Floats for panels that multiply `rows` rows at a time.
    static func count(inner: Int, columns: Int, rows: Int) -> Int {
        inner * paddedColumns(columns) + rows * 2 * vectorWidth
    }

    /// - Parameter memory: `count(inner:columns:rows:)` floats.
    init(_ memory: UnsafeMutablePointer<Float>, inner: Int, columns: Int) {
        self.memory = memory
        self.inner = inner
        self.columns = columns
        spill = memory + inner * paddedColumns(columns)
    }

    /// From [inner, columns], row k multiplied by factors[k].
    func pack(_ source: UnsafePointer<Float>, rowFactors: UnsafePointer<Float>) {
        forEachPanel(0..<columns) { first, count, width in
            let panel = memory + first &* inner
            for k in 0..<inner {
                let (target, row, factor) = (panel + k &* width, source + (k &* columns &+ first), rowFactors[k])
                if count == width {
                    for place in stride(from: 0, to: width, by: vectorWidth / 2) {
                        target.store(row.halfVector(at: place) * factor, at: place)
                    }
                } else {
                    for column in 0..<width { target[column] = column < count ? row[column] * factor : 0 }
                }
            }
        }
    }

    /// From [inner, columns].
    func pack(_ source: UnsafePointer<Float>) {
        forEachPanel(0..<columns) { first, count, width in
            let panel = memory + first &* inner
            for k in 0..<inner {
                let (target, row) = (panel + k &* width, source + (k &* columns &+ first))
                if count == width {
                    for place in stride(from: 0, to: width, by: vectorWidth / 2) {
                        target.store(row.halfVector(at: place), at: place)
                    }
                } else {
                    for column in 0..<width { target[column] = column < count ? row[column] : 0 }
                }
            }
        }
    }

    /// From the transpose, [columns, inner].
    func packTransposed(_ source: UnsafePointer<Float>) {
        forEachPanel(0..<columns) { first, count, width in
            let (panel, rows) = (memory + first &* inner, source + first &* inner)
            for column in stride(from: 0, to: width, by: 8) {
                let whole = column &+ 8 <= count ? inner & ~7 : 0
                for k in stride(from: 0, to: whole, by: 8) {
                    transposeEight(panel + (k &* width &+ column), width, rows + (column &* inner &+ k), inner)
                }
                for k in whole..<inner {
                    for lane in column..<(column &+ 8) { panel[k &* width &+ lane] = lane < count ? rows[lane &* inner &+ k] : 0 }
                }
            }
        }
    }

    /// output[rows, the panel's columns] = left[rows, part] · the panel's rows `part`, with what `start` says of the output.
    ///
    /// - Parameter output: where row 0 and the panel's first column go.
    @inline(__always)
    func multiply(
        _ panel: (first: Int, count: Int, width: Int), output: UnsafeMutablePointer<Float>, outputStride: Int, left: RowBlock,
        rows: Int,
        part: Range<Int>, start: ProductTile.Start
    ) {
        let right = memory + (panel.first &* inner &+ part.lowerBound &* panel.width)
        if panel.count == panel.width {
            panelProduct(
                output: output, outputStride: outputStride, left: left.pointer, leftStride: left.stride, panel: right,
                width: panel.width, rows: rows, inner: part.count, start: start)
        } else {
            spilled(output, outputStride, spill, rows: rows, count: panel.count, width: panel.width, start: start) { target in
                panelProduct(
                    output: target, outputStride: panel.width, left: left.pointer, leftStride: left.stride, panel: right,
                    width: panel.width, rows: rows, inner: part.count, start: start)
            }
        }
    }
}

/// Places in a workspace, one after the other on cache lines.
struct WorkspaceLayout {
    private(set) var count = 0

    /// The place of the next `floats`.
    mutating func take(_ floats: Int) -> Int {
        let place = count
        count += alignedCount(floats)
        return place
    }
}

/// Runs a product whose output is wider than what is wanted of it by way of `spill`, [rows, width].
@inline(__always)
func spilled(
    _ output: UnsafeMutablePointer<Float>, _ outputStride: Int, _ spill: UnsafeMutablePointer<Float>, rows: Int, count: Int,
    width: Int,
    start: ProductTile.Start, _ body: (_ target: UnsafeMutablePointer<Float>) -> Void
) {
    if start != .none {
        for row in 0..<rows {
            for column in 0..<width { spill[row &* width &+ column] = column < count ? output[row &* outputStride &+ column] : 0 }
        }
    }
    body(spill)
    for row in 0..<rows {
        for column in 0..<count { output[row &* outputStride &+ column] = spill[row &* width &+ column] }
    }
}

/// The width of the next panel where `rest` columns are left. Where they are a multiple of 8, none of 16 and more is wasted.
@inline(__always)
func nextPanelWidth(_ rest: Int) -> Int {
    if rest > vectorWidth && rest <= mediumWidth { return mediumWidth }
    if hasWideRegisters && rest > vectorWidth {
        let endsMedium = rest > 2 &* vectorWidth && rest <= vectorWidth &+ mediumWidth
        return endsMedium ? vectorWidth : 2 &* vectorWidth
    }
    return vectorWidth
}

/// The columns of all panels, padding included.
func paddedColumns(_ columns: Int) -> Int {
    var padded = 0
    while padded < columns { padded += nextPanelWidth(columns - padded) }
    return padded
}

/// Cuts columns into panels: `count` columns from `first` on, in a panel that is `width` wide. A part of the columns begins at a
/// multiple of 32, and ends at one or with the last column: then its panels are those of the whole.
@inline(__always)
func forEachPanel(_ columns: Range<Int>, _ body: (_ first: Int, _ count: Int, _ width: Int) -> Void) {
    var first = columns.lowerBound
    while first < columns.upperBound {
        let width = nextPanelWidth(columns.upperBound &- first)
        body(first, min(width, columns.upperBound &- first), width)
        first &+= width
    }
}

/// target[k, lane] = source[lane, k], eight by eight.
@inline(__always)
private func transposeEight(
    _ target: UnsafeMutablePointer<Float>, _ targetStride: Int, _ source: UnsafePointer<Float>, _ sourceStride: Int
) {
    // Three rounds of pairing: of rows four apart, then two, then one; each round interleaves a pair's lanes.
    var rows: InlineArray<8, HalfVector> = InlineArray { source.halfVector(at: $0 &* sourceStride) }
    for _ in 0..<3 {
        var next = rows
        for pair in 0..<4 {
            let (a, b) = (rows[pair], rows[pair &+ 4])
            next[2 &* pair] = HalfVector(a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3])
            next[2 &* pair &+ 1] = HalfVector(a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7])
        }
        rows = next
    }
    for k in 0..<8 { target.store(rows[k], at: k &* targetStride) }
}
