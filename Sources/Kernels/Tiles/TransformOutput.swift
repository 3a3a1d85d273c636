/// What becomes of a tile of outputs.
protocol TileSink {
    /// Takes 16 channels of a tile of `size`² outputs, which lie in `values` row by row, a vector each.
    /// - Parameters:
    ///   - vertical, horizontal: which rows and columns of the tile lie in the map.
    ///   - channel: of the map, a multiple of 16.
    func take(
        _ values: UnsafePointer<Float>, size: Int, sample: Int, _ vertical: TileExtent, _ horizontal: TileExtent, channel: Int)
}

/// Hands Aᵀ m A of the tiles `range` and of the map's channels `first` ..< `first + channels` to the sink, where m = points[q, t, channels].
@inline(__always)
func transformOutput<Scheme: TileScheme, Sink: TileSink>(
    _ scheme: Scheme.Type, to sink: Sink, first: Int, channels: Int, points: UnsafePointer<Float>, stride: Int,
    grid: TileGrid, tiles range: Range<Int>, scratch: TileScratch
) {
    let pointStride = range.count &* stride
    let values = scratch.values
    var place = grid.place(range.lowerBound)
    for tile in 0..<range.count {
        let vertical = TileExtent(first: place.row &* Scheme.tile, count: Scheme.tile, limit: grid.height)
        let horizontal = TileExtent(first: place.column &* Scheme.tile, count: Scheme.tile, limit: grid.width)
        let source = points + tile &* stride
        for channel in Swift.stride(from: 0, to: channels, by: vectorWidth) {
            transformTile(
                Scheme.self, .output, scratch: scratch.between,
                load: { source.vector(at: ($0 &* Scheme.points &+ $1) &* pointStride &+ channel) },
                store: { values.store($2, at: ($0 &* Scheme.tile &+ $1) &* vectorWidth) })
            sink.take(values, size: Scheme.tile, sample: place.sample, vertical, horizontal, channel: first &+ channel)
        }
        grid.advance(&place)
    }
}
