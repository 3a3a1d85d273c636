/// points[q, t, C] = Bᵀ x B of the windows of tiles `range`, for all q of points²; rows of `points` are `stride` floats apart.
@inline(never)
func transformInput<Scheme: TileScheme>(
    _ scheme: Scheme.Type, _ points: UnsafeMutablePointer<Float>, stride: Int, input: UnsafePointer<Float>, channels: Int,
    grid: TileGrid, tiles range: Range<Int>, scratch: TileScratch
) {
    let pointStride = range.count &* stride
    var place = grid.place(range.lowerBound)
    withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: Scheme.window) { rows in
        for tile in 0..<range.count {
            let vertical = TileExtent(first: place.row &* Scheme.tile &- Scheme.margin, count: Scheme.window, limit: grid.height)
            let horizontal = TileExtent(
                first: place.column &* Scheme.tile &- Scheme.margin, count: Scheme.window, limit: grid.width)
            for row in 0..<Scheme.window {
                let y = vertical.first &+ row
                rows[row] = vertical.inside.contains(row)
                    ? input + ((place.sample &* grid.height &+ y) &* grid.width &+ horizontal.first) &* channels : scratch.zeros
            }
            let target = points + tile &* stride
            if horizontal.isWhole(Scheme.window) {
                for channel in Swift.stride(from: 0, to: channels, by: vectorWidth) {
                    transformTile(
                        Scheme.self, .input, scratch: scratch.between,
                        load: { rows[$0].vector(at: $1 &* channels &+ channel) },
                        store: { target.store($2, at: ($0 &* Scheme.points &+ $1) &* pointStride &+ channel) })
                }
            } else {
                let inside = horizontal.inside
                for channel in Swift.stride(from: 0, to: channels, by: vectorWidth) {
                    transformTile(
                        Scheme.self, .input, scratch: scratch.between,
                        load: { row, column in
                            inside.contains(column) ? rows[row].vector(at: column &* channels &+ channel) : Vector()
                        },
                        store: { target.store($2, at: ($0 &* Scheme.points &+ $1) &* pointStride &+ channel) })
                }
            }
            grid.advance(&place)
        }
    }
}
