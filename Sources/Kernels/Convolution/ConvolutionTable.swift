/// Which blocks of tiles were fastest, shape by shape.
enum ConvolutionTable {
    static func blocking(_ scheme: ConvolutionPlan.Scheme, _ g: ConvolutionGeometry) -> TileBlocking {
        TileBlocking(forwardTiles: g.inputChannels * g.outputChannels <= 16_384 ? 28 : 112, backwardTiles: 100)
    }
}
