/// Where a tile's output gradient comes from: a map in memory, or what a batch norm's backward pass makes of one on the way.
protocol TileSource {
    /// Writes 16 channels of a tile of `size`² places, row by row, a vector each, with zeros outside the map.
    func fill(
        _ values: UnsafeMutablePointer<Float>, size: Int, sample: Int, _ vertical: TileExtent, _ horizontal: TileExtent, channel: Int)
}

/// points[q, t, C] = A y Aᵀ of the tiles `range` for all q of points²; rows of `points` are `stride` floats apart.
@inline(__always)
func transformOutputGradient<Scheme: TileScheme, Source: TileSource>(
    _ scheme: Scheme.Type, _ points: UnsafeMutablePointer<Float>, stride: Int, source: Source, channels: Int, grid: TileGrid,
    tiles range: Range<Int>, scratch: TileScratch
) {
    let pointStride = range.count &* stride
    let values = scratch.values
    var place = grid.place(range.lowerBound)
    for tile in 0..<range.count {
        let vertical = TileExtent(first: place.row &* Scheme.tile, count: Scheme.tile, limit: grid.height)
        let horizontal = TileExtent(first: place.column &* Scheme.tile, count: Scheme.tile, limit: grid.width)
        let target = points + tile &* stride
        for channel in Swift.stride(from: 0, to: channels, by: vectorWidth) {
            source.fill(values, size: Scheme.tile, sample: place.sample, vertical, horizontal, channel: channel)
            transformTile(
                Scheme.self, .outputAdjoint, scratch: scratch.between,
                load: { values.vector(at: ($0 &* Scheme.tile &+ $1) &* vectorWidth) },
                store: { target.store($2, at: ($0 &* Scheme.points &+ $1) &* pointStride &+ channel) })
        }
        grid.advance(&place)
    }
}
