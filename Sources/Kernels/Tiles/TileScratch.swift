/// A lane's small change: what one tile and 16 channels pass through, in the first-level cache.
struct TileScratch {
    /// Between the two dimensions of a transform.
    let between: UnsafeMutablePointer<Float>
    /// A tile of outputs or of their gradients, row by row.
    let values: UnsafeMutablePointer<Float>
    /// Weights under way to their panels: three rows of points, and nine taps of 16 × 16.
    let taps: UnsafeMutablePointer<Float>
    /// A row of a window outside the map.
    let zeros: UnsafePointer<Float>

    /// Floats for maps of up to `channels` channels.
    static func count<Scheme: TileScheme>(_: Scheme.Type, channels: Int) -> Int {
        fixedCount(Scheme.self) + Scheme.window * channels
    }

    private static func fixedCount<Scheme: TileScheme>(_: Scheme.Type) -> Int {
        let weights = 3 * Scheme.points + 9 * vectorWidth
        return (Scheme.points * max(Scheme.window, Scheme.tile, 3) + Scheme.tile * Scheme.tile + weights) * vectorWidth
    }

    /// - Parameter memory: `count(_:channels:)` floats, whose contents are lost.
    init<Scheme: TileScheme>(_ scheme: Scheme.Type, _ memory: UnsafeMutablePointer<Float>, channels: Int) {
        memory.update(repeating: 0, count: Self.count(scheme, channels: channels))
        between = memory
        values = memory + Scheme.points * max(Scheme.window, Scheme.tile, 3) * vectorWidth
        taps = values + Scheme.tile * Scheme.tile * vectorWidth
        zeros = UnsafePointer(memory + Self.fixedCount(scheme))
    }
}
