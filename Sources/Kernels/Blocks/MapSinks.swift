/// Adds the bias and writes the map [N, H, W, C].
struct MapSink: TileSink {
    let output: UnsafeMutablePointer<Float>
    let bias: UnsafePointer<Float>?
    let height: Int
    let width: Int
    let channels: Int

    @inline(__always)
    func take(
        _ values: UnsafePointer<Float>, size: Int, sample: Int, _ vertical: TileExtent, _ horizontal: TileExtent, channel: Int
    ) {
        let bias = bias.map { $0.vector(at: channel) } ?? Vector()
        let corner = output
            + (((sample &* height &+ vertical.first) &* width &+ horizontal.first) &* channels &+ channel)
        for row in 0..<size {
            for column in 0..<size where vertical.inside.contains(row) && horizontal.inside.contains(column) {
                corner.store(
                    values.vector(at: (row &* size &+ column) &* vectorWidth) + bias, at: (row &* width &+ column) &* channels)
            }
        }
    }
}

/// The same, and adds to the moments of its channels.
struct MeasuringSink: TileSink {
    let map: MapSink
    let moments: UnsafeMutablePointer<TileMoments>

    @inline(__always)
    func take(
        _ values: UnsafePointer<Float>, size: Int, sample: Int, _ vertical: TileExtent, _ horizontal: TileExtent, channel: Int
    ) {
        map.take(values, size: size, sample: sample, vertical, horizontal, channel: channel)
        let bias = map.bias.map { $0.vector(at: channel) } ?? Vector()
        moments[channel / vectorWidth].add(count: vertical.inside.count &* horizontal.inside.count) { body in
            for row in 0..<size {
                for column in 0..<size where vertical.inside.contains(row) && horizontal.inside.contains(column) {
                    body(values.vector(at: (row &* size &+ column) &* vectorWidth) + bias)
                }
            }
        }
    }
}

/// Adds the bias, rectifies, and writes the map, or its 2×2 maxima.
struct RectifyingSink: TileSink {
    let map: MapSink
    let pooled: Bool

    @inline(__always)
    func take(
        _ values: UnsafePointer<Float>, size: Int, sample: Int, _ vertical: TileExtent, _ horizontal: TileExtent, channel: Int
    ) {
        let bias = map.bias.map { $0.vector(at: channel) } ?? Vector()
        let step = pooled ? 2 : 1
        let (height, width) = (map.height / step, map.width / step)
        let corner = map.output
            + (((sample &* height &+ vertical.first / step) &* width &+ horizontal.first / step) &* map.channels &+ channel)
        for row in stride(from: 0, to: size, by: step) {
            for column in stride(from: 0, to: size, by: step)
            where vertical.inside.contains(row) && horizontal.inside.contains(column) {
                let source = values + (row &* size &+ column) &* vectorWidth
                var value = source.vector(at: 0)
                if pooled {
                    value = larger(value, source.vector(at: vectorWidth))
                    let below = source + size &* vectorWidth
                    value = larger(value, larger(below.vector(at: 0), below.vector(at: vectorWidth)))
                }
                corner.store(rectified(value + bias), at: (row / step &* width &+ column / step) &* map.channels)
            }
        }
    }
}
