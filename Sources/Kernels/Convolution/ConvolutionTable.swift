/// Which blocks of tiles were fastest, shape by shape.
enum ConvolutionTable {
    static func blocking(_ scheme: ConvolutionPlan.Scheme, _ g: ConvolutionGeometry) -> TileBlocking {
        TileBlocking(forwardTiles: 28, backwardTiles: 100, group: 64)
    }
}
