/// How the maps of a batch fall into tiles: the places of tile number t, which runs over samples, tile rows and tile columns.
struct TileGrid {
    let batch: Int
    let height: Int
    let width: Int
    let tile: Int
    let window: Int
    let margin: Int
    let rows: Int
    let columns: Int

    init<Scheme: TileScheme>(_ scheme: Scheme.Type, batch: Int, height: Int, width: Int) {
        self.batch = batch
        self.height = height
        self.width = width
        tile = Scheme.tile
        window = Scheme.window
        margin = Scheme.margin
        rows = (height + tile - 1) / tile
        columns = (width + tile - 1) / tile
    }

    var count: Int { batch * rows * columns }

    @inline(__always)
    func place(_ index: Int) -> TilePlace {
        let (sample, inSample) = index.quotientAndRemainder(dividingBy: rows &* columns)
        let (row, column) = inSample.quotientAndRemainder(dividingBy: columns)
        return TilePlace(sample: sample, row: row, column: column)
    }

    /// The place of the next tile.
    @inline(__always)
    func advance(_ place: inout TilePlace) {
        place.column &+= 1
        if place.column == columns {
            place.column = 0
            place.row &+= 1
            if place.row == rows {
                place.row = 0
                place.sample &+= 1
            }
        }
    }
}

/// Which tile of which sample.
struct TilePlace {
    var sample: Int
    var row: Int
    var column: Int
}

/// Of an extent of a map, what a tile or its window covers: its first row or column, which may lie before the map, and which
/// of its own are inside.
struct TileExtent {
    let first: Int
    let inside: Range<Int>

    @inline(__always)
    init(first: Int, count: Int, limit: Int) {
        self.first = first
        inside = max(0, 0 &- first)..<min(count, limit &- first)
    }

    @inline(__always)
    func isWhole(_ count: Int) -> Bool { inside.lowerBound == 0 && inside.upperBound == count }
}
