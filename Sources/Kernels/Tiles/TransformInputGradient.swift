/// inputGradient's channels `first` ..< `first + channels` gain B v Bᵀ of the tiles `range`, where v = points[q, t, channels]. Tiles must come
/// in ascending order: the first tile that covers a place overwrites it, the later ones add, so nothing has to be cleared.
@inline(never)
func transformInputGradient<Scheme: TileScheme>(
    _ scheme: Scheme.Type, inputGradient: UnsafeMutablePointer<Float>, mapChannels: Int, first: Int, channels: Int,
    points: UnsafePointer<Float>, stride: Int, grid: TileGrid, tiles range: Range<Int>, scratch: TileScratch
) {
    let pointStride = range.count &* stride
    // What a window shares with the tile before it.
    let overlap = Scheme.window &- Scheme.tile
    var place = grid.place(range.lowerBound)
    for tile in 0..<range.count {
        let vertical = TileExtent(first: place.row &* Scheme.tile &- Scheme.margin, count: Scheme.window, limit: grid.height)
        let horizontal = TileExtent(first: place.column &* Scheme.tile &- Scheme.margin, count: Scheme.window, limit: grid.width)
        let (rowsTouched, columnsTouched) = (place.row > 0 ? overlap : 0, place.column > 0 ? overlap : 0)
        let corner = inputGradient
            + (((place.sample &* grid.height &+ vertical.first) &* grid.width &+ horizontal.first) &* mapChannels &+ first)
        let source = points + tile &* stride
        for channel in Swift.stride(from: 0, to: channels, by: vectorWidth) {
            transformTile(
                Scheme.self, .inputAdjoint, scratch: scratch.between,
                load: { source.vector(at: ($0 &* Scheme.points &+ $1) &* pointStride &+ channel) },
                store: { row, column, value in
                    guard vertical.inside.contains(row), horizontal.inside.contains(column) else { return }
                    let target = (row &* grid.width &+ column) &* mapChannels &+ channel
                    if row < rowsTouched || column < columnsTouched {
                        corner.store(corner.vector(at: target) + value, at: target)
                    } else {
                        corner.store(value, at: target)
                    }
                })
        }
        grid.advance(&place)
    }
}
