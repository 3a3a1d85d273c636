/// The gradient of a convolution's output, made on the way from the gradient behind its batch norm and ReLU.
struct NormalizedGradient: TileSource {
    /// [N, H, W, C]
    let upper: UnsafePointer<Float>
    /// The convolution's output, [N, H, W, C].
    let convolved: UnsafePointer<Float>
    let coefficients: ChannelCoefficients
    let height: Int
    let width: Int

    /// The gradient behind the batch norm at one place, zero where the ReLU was off, and the convolution's output.
    @inline(__always)
    func rectified(_ vectors: ChannelVectors, _ place: Int, lanes: Int = vectorWidth) -> (gradient: Vector, z: Vector) {
        let z = convolved.vector(at: place, count: lanes)
        return (upper.vector(at: place, count: lanes).replacing(with: 0, where: vectors.normalized(z) .<= 0), z)
    }

    @inline(__always)
    func fill(
        _ values: UnsafeMutablePointer<Float>, size: Int, sample: Int, _ vertical: TileExtent, _ horizontal: TileExtent, channel: Int
    ) {
        let vectors = coefficients.vectors(at: channel)
        for row in 0..<size {
            for column in 0..<size {
                let target = (row &* size &+ column) &* vectorWidth
                guard vertical.inside.contains(row), horizontal.inside.contains(column) else {
                    values.store(Vector(), at: target)
                    continue
                }
                let place = ((sample &* height &+ vertical.first &+ row) &* width &+ horizontal.first &+ column)
                    &* coefficients.channels &+ channel
                let (gradient, z) = rectified(vectors, place)
                values.store(vectors.gradient(gradient, z), at: target)
            }
        }
    }
}

/// The same from behind a 2×2 max-pool; H and W are even.
struct PooledNormalizedGradient: TileSource {
    /// [N, H / 2, W / 2, C]
    let upper: UnsafePointer<Float>
    /// The convolution's output, [N, H, W, C].
    let convolved: UnsafePointer<Float>
    let coefficients: ChannelCoefficients
    let height: Int
    let width: Int

    /// The convolution's output in one window, in reading order.
    struct Window {
        let z: (Vector, Vector, Vector, Vector)
        let maximum: MaxWindow
        /// The gradient that the winner takes, zero where the ReLU was off.
        let gradient: Vector
    }

    @inline(__always)
    func window(_ vectors: ChannelVectors, sample: Int, y: Int, x: Int, channel: Int, lanes: Int = vectorWidth) -> Window {
        let (channels, mapRow) = (coefficients.channels, width &* coefficients.channels)
        let corner = convolved + (((sample &* height &+ y) &* width &+ x) &* channels &+ channel)
        let z = (
            corner.vector(at: 0, count: lanes), corner.vector(at: channels, count: lanes),
            corner.vector(at: mapRow, count: lanes), corner.vector(at: mapRow &+ channels, count: lanes)
        )
        let maximum = MaxWindow(
            vectors.normalized(z.0), vectors.normalized(z.1), vectors.normalized(z.2), vectors.normalized(z.3))
        let place = ((sample &* (height / 2) &+ y / 2) &* (width / 2) &+ x / 2) &* channels &+ channel
        return Window(
            z: z, maximum: maximum,
            gradient: upper.vector(at: place, count: lanes).replacing(with: 0, where: maximum.largest .<= 0))
    }

    /// The gradients of the four outputs in a window.
    @inline(__always)
    func gradients(_ vectors: ChannelVectors, _ window: Window) -> (Vector, Vector, Vector, Vector) {
        let parts = window.maximum.spread(window.gradient)
        return (
            vectors.gradient(parts.topLeft, window.z.0), vectors.gradient(parts.topRight, window.z.1),
            vectors.gradient(parts.bottomLeft, window.z.2), vectors.gradient(parts.bottomRight, window.z.3)
        )
    }

    /// Tiles begin at even places, so a window lies in one tile.
    @inline(__always)
    func fill(
        _ values: UnsafeMutablePointer<Float>, size: Int, sample: Int, _ vertical: TileExtent, _ horizontal: TileExtent, channel: Int
    ) {
        let vectors = coefficients.vectors(at: channel)
        for row in stride(from: 0, to: size, by: 2) {
            for column in stride(from: 0, to: size, by: 2) {
                let target = values + (row &* size &+ column) &* vectorWidth
                var parts = (Vector(), Vector(), Vector(), Vector())
                if vertical.inside.contains(row), horizontal.inside.contains(column) {
                    let place = window(
                        vectors, sample: sample, y: vertical.first &+ row, x: horizontal.first &+ column, channel: channel)
                    parts = gradients(vectors, place)
                }
                target.store(parts.0, at: 0)
                target.store(parts.1, at: vectorWidth)
                target.store(parts.2, at: size &* vectorWidth)
                target.store(parts.3, at: (size &+ 1) &* vectorWidth)
            }
        }
    }
}

/// A map in memory, [N, H, W, C], as it is.
struct PlainGradient: TileSource {
    let map: UnsafePointer<Float>
    let height: Int
    let width: Int
    let channels: Int

    @inline(__always)
    func fill(
        _ values: UnsafeMutablePointer<Float>, size: Int, sample: Int, _ vertical: TileExtent, _ horizontal: TileExtent, channel: Int
    ) {
        for row in 0..<size {
            for column in 0..<size {
                let inside = vertical.inside.contains(row) && horizontal.inside.contains(column)
                let place = ((sample &* height &+ vertical.first &+ row) &* width &+ horizontal.first &+ column) &* channels &+ channel
                values.store(inside ? map.vector(at: place) : Vector(), at: (row &* size &+ column) &* vectorWidth)
            }
        }
    }
}
