/// The newest rows of a map for each 16 channels of a chunk, [block][slot][column][16], with columns of zeros at both ends that
/// stand for the padding. Row y lies in slot y mod slots.
struct RowRing {
    let base: UnsafeMutablePointer<Float>
    let slots: Int
    /// Columns of zeros to the left.
    let leading: Int
    /// With those of zeros.
    let columns: Int
    let blocks: Int

    static func count(slots: Int, columns: Int, blocks: Int) -> Int { slots * columns * blocks * vectorWidth }

    var rowFloats: Int { @inline(__always) get { columns &* vectorWidth } }
    var blockFloats: Int { @inline(__always) get { slots &* rowFloats } }

    /// Zeros at the ends of all rows; nobody writes there afterwards.
    func clearPadding(width: Int) {
        for row in 0..<(blocks &* slots) {
            let start = base + row &* rowFloats
            for column in 0..<columns where column < leading || column >= leading &+ width {
                start.store(Vector(), at: column &* vectorWidth)
            }
        }
    }

    /// Where the first column that is no padding begins.
    @inline(__always)
    func pixels(_ row: Int, block: Int) -> UnsafeMutablePointer<Float> {
        base + (block &* blockFloats &+ (row % slots) &* rowFloats &+ leading &* vectorWidth)
    }

    /// A place in a row, to be moved on row by row.
    /// - Parameters:
    ///   - column: counted without the padding, so it may be negative.
    ///   - down: whether the rows that follow are those below, or those above.
    @inline(__always)
    func position(_ row: Int, column: Int, block: Int, down: Bool) -> RingPosition {
        let offset = (column &+ leading) &* vectorWidth
        let first = base + (block &* blockFloats &+ offset)
        let last = first + (slots &- 1) &* rowFloats
        return RingPosition(
            row: first + (row % slots) &* rowFloats, step: down ? rowFloats : -rowFloats, end: down ? last : first,
            start: down ? first : last)
    }
}

/// A place in a ring's row that can be moved to the rows that follow.
struct RingPosition {
    var row: UnsafeMutablePointer<Float>
    let step: Int
    /// The last place before the ring begins again at `start`.
    var end: UnsafeMutablePointer<Float>
    var start: UnsafeMutablePointer<Float>

    @inline(__always)
    mutating func advance() { row = row == end ? start : row + step }

    /// Moves within the row.
    @inline(__always)
    mutating func shift(_ floats: Int) {
        row += floats
        end += floats
        start += floats
    }
}
