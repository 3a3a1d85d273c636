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

    /// For shapes that are not in the table.
    private static func rule(_ g: ConvolutionGeometry) -> TileBlocking {
        TileBlocking(forwardTiles: g.inputChannels * g.outputChannels <= 16_384 ? 28 : 112, backwardTiles: 100)
    }

    private static let lines: [Shape: TileBlocking] = [:]
}
