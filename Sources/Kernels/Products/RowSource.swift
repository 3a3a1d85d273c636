/// Rows of a product's left side, in memory.
struct RowBlock {
    let pointer: UnsafePointer<Float>
    /// Floats from one row to the next.
    let stride: Int
}

/// The left side of a product, a block of rows and columns at a time: as it lies in memory, or prepared in a buffer that stays in
/// the second-level cache and serves all products with that block.
protocol RowSource {
    /// - Parameter buffer: `rowBufferCount` floats.
    func block(_ rows: Range<Int>, _ columns: Range<Int>, buffer: UnsafeMutablePointer<Float>) -> RowBlock
}

/// A matrix in memory.
struct PlainRows: RowSource {
    let matrix: UnsafePointer<Float>
    let columns: Int

    @inline(__always)
    func block(_ rows: Range<Int>, _ columns: Range<Int>, buffer: UnsafeMutablePointer<Float>) -> RowBlock {
        RowBlock(pointer: matrix + (rows.lowerBound &* self.columns &+ columns.lowerBound), stride: self.columns)
    }
}

/// From one row of a prepared block to the next: an odd number of cache lines, since rows a power of two apart share cache sets.
@inline(__always)
func rowBufferStride(_ columns: Int) -> Int {
    let padded = alignedCount(columns) &+ vectorWidth
    return padded / vectorWidth % 2 == 1 ? padded : padded &+ vectorWidth
}

/// Floats of a buffer for blocks of `rows` rows and `columns` columns, with room for what a tile reads beyond the last.
func rowBufferCount(rows: Int, columns: Int) -> Int { rows * rowBufferStride(columns) + 2 * vectorWidth }

/// How a product is cut so that what it reads again stays in the second-level cache. It decides no bit of a product.
struct RowBlocking {
    /// Rows of a block, a multiple of 16.
    let rows: Int

    /// - Parameter width: floats of a row that are read again.
    init(rows total: Int, width: Int) {
        let largest = max(16, min(128, 65_536 / max(width, 1) / 16 * 16))
        let blocks = (total + largest - 1) / largest
        rows = ((total + blocks - 1) / blocks + 15) / 16 * 16
    }

    @inline(__always)
    func forEach(_ total: Int, _ body: (_ rows: Range<Int>) -> Void) {
        var first = 0
        while first < total {
            body(first..<min(first &+ rows, total))
            first &+= rows
        }
    }
}

/// Columns of a wide side that are worked on together.
let largestChunk = 256

/// Cuts columns into chunks of nearly equal size that begin at multiples of 32. The last takes in what would be fewer than 32.
@inline(__always)
func forEachChunk(_ columns: Int, _ body: (_ chunk: Range<Int>) -> Void) {
    let chunks = (columns &+ largestChunk &- 1) / largestChunk
    let width = ((columns &+ chunks &- 1) / chunks &+ 31) / 32 &* 32
    var first = 0
    while first < columns {
        let end = columns &- first &- width < 32 ? columns : first &+ width
        body(first..<end)
        first = end
    }
}

/// Columns of the widest chunk.
func widestChunk(_ columns: Int) -> Int { min(columns, largestChunk + 31) }
