/// Which blocks of tiles were fastest, shape by shape, as `filterscope bench blocks` measures them. It decides speed and memory,
/// never a bit.
public enum ConvolutionTable {
    /// What of a 3×3 convolution's geometry a line of the table stands for. The batch is left out: a block that is larger than a
    /// shard's tiles is cut to them.
    struct Shape: Hashable {
        let inputChannels: Int
        let outputChannels: Int
        /// Rows and columns of the maps.
        let size: Int
    }

    static func blocking(_ scheme: ConvolutionPlan.Scheme, _ g: ConvolutionGeometry) -> TileBlocking {
        measured(scheme, g) ?? rule(g)
    }

    /// Whether a geometry's blocks were measured, and are not from the rule for others.
    public static func holds(_ geometry: ConvolutionGeometry) -> Bool {
        measured(ConvolutionPlan(geometry).scheme, geometry) != nil
    }

    private static func measured(_ scheme: ConvolutionPlan.Scheme, _ g: ConvolutionGeometry) -> TileBlocking? {
        // Lines were measured for the scheme that a geometry gets.
        guard scheme == ConvolutionPlan.scheme(for: g), g.inputHeight == g.inputWidth else { return nil }
        return lines[Shape(inputChannels: g.inputChannels, outputChannels: g.outputChannels, size: g.inputWidth)]
    }

    /// For shapes that are not in the table: small blocks stay in the cache with small weights; large weights, which each block reads
    /// anew, ask for large ones.
    private static func rule(_ g: ConvolutionGeometry) -> TileBlocking {
        switch g.inputChannels * g.outputChannels {
        case ...4_096: TileBlocking(forwardTiles: 28, backwardTiles: 28)
        case ...16_384: TileBlocking(forwardTiles: 28, backwardTiles: 56)
        default: TileBlocking(forwardTiles: 140, backwardTiles: 140)
        }
    }

    /// VGG-16 of width 16 and 64 at 32×32, from shards of 25 and 100, and of width 64 at 224×224, from shards of 2 and 8, on one core
    /// of a Zen 5 with 1 MiB of second-level cache.
    private static let lines: [Shape: TileBlocking] = Dictionary(uniqueKeysWithValues: [
        line(16, 16, 32, forward: 42, backward: 42),
        line(16, 32, 16, forward: 28, backward: 28),
        line(32, 32, 16, forward: 42, backward: 42),
        line(32, 64, 8, forward: 28, backward: 28),
        line(64, 64, 8, forward: 28, backward: 28),
        line(64, 128, 4, forward: 28, backward: 84),
        line(128, 128, 4, forward: 56, backward: 100),
        line(128, 128, 2, forward: 56, backward: 84),

        line(64, 64, 32, forward: 28, backward: 28),
        line(64, 128, 16, forward: 28, backward: 42),
        line(128, 128, 16, forward: 14, backward: 56),
        line(128, 256, 8, forward: 140, backward: 112),
        line(256, 256, 8, forward: 168, backward: 140),
        line(256, 512, 4, forward: 100, backward: 100),
        line(512, 512, 4, forward: 100, backward: 100),
        line(512, 512, 2, forward: 100, backward: 100),

        line(64, 64, 224, forward: 28, backward: 14),
        line(64, 128, 112, forward: 28, backward: 84),
        line(128, 128, 112, forward: 14, backward: 56),
        line(128, 256, 56, forward: 140, backward: 84),
        line(256, 256, 56, forward: 140, backward: 224),
        line(256, 512, 28, forward: 140, backward: 140),
        line(512, 512, 28, forward: 112, backward: 140),
        line(512, 512, 14, forward: 128, backward: 128),
    ])

    private static func line(
        _ inputChannels: Int, _ outputChannels: Int, _ size: Int, forward: Int, backward: Int
    ) -> (Shape, TileBlocking) {
        (
            Shape(inputChannels: inputChannels, outputChannels: outputChannels, size: size),
            TileBlocking(forwardTiles: forward, backwardTiles: backward)
        )
    }
}
