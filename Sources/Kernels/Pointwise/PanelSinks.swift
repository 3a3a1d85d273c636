/// What becomes of a product's sums while they are in the cache: `columns` of `rows`, a panel at a time.
protocol PanelSink {
    /// Where the product puts the sums: where they belong, or in `slab`, a row after the other.
    func place(row: Int, column: Int, slab: RowSlab) -> RowSlab
    func finish(_ sums: RowSlab, rows: Range<Int>, columns: Range<Int>)
}

/// Memory for rows of sums.
struct RowSlab {
    let pointer: UnsafeMutablePointer<Float>
    /// Floats from one row to the next.
    let stride: Int
}

/// A map in memory, and the moments of its channels.
struct MeasuredMap: PanelSink {
    let output: UnsafeMutablePointer<Float>
    let channels: Int
    let moments: BlockMoments?

    @inline(__always)
    func place(row: Int, column: Int, slab: RowSlab) -> RowSlab {
        RowSlab(pointer: output + (row &* channels &+ column), stride: channels)
    }

    @inline(__always)
    func finish(_ sums: RowSlab, rows: Range<Int>, columns: Range<Int>) {
        moments?.add(sums.pointer - columns.lowerBound, rows: rows.count, channels: columns)
    }
}

/// activation(sums · factors + bias) + addend
struct ActivatedMap: PanelSink {
    let output: UnsafeMutablePointer<Float>
    let channels: Int
    let factors: UnsafePointer<Float>
    let bias: UnsafePointer<Float>
    let activates: Bool
    let addend: UnsafePointer<Float>?

    /// Not in the output, which may hold the addend.
    @inline(__always)
    func place(row: Int, column: Int, slab: RowSlab) -> RowSlab { slab }

    @inline(__always)
    func finish(_ sums: RowSlab, rows: Range<Int>, columns: Range<Int>) {
        for column in stride(from: columns.lowerBound, to: columns.upperBound, by: vectorWidth) {
            let lanes = min(vectorWidth, columns.upperBound &- column)
            let (factor, bias) = (factors.vector(at: column, count: lanes), bias.vector(at: column, count: lanes))
            let source = sums.pointer + (column &- columns.lowerBound)
            var place = rows.lowerBound &* channels &+ column
            for row in 0..<rows.count {
                // One call for all cases, so that it is inlined; what is asked does not change in the loop.
                var value = bias.addingProduct(source.vector(at: row &* sums.stride), factor)
                if activates { value = silu(value) }
                if let addend { value += addend.vector(at: place, count: lanes) }
                output.store(value, at: place, count: lanes)
                place &+= channels
            }
        }
    }
}
