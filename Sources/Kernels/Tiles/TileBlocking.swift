/// How many tiles are worked on at once. It changes speed and memory, never a bit.
public struct TileBlocking: Hashable, Sendable {
    /// Tiles of a block on the way forward.
    public var forwardTiles: Int
    /// Tiles of a block on the way back.
    public var backwardTiles: Int

    public init(forwardTiles: Int, backwardTiles: Int) {
        require(forwardTiles > 0 && backwardTiles > 0, "impossible blocks of tiles")
        self.forwardTiles = forwardTiles
        self.backwardTiles = backwardTiles
    }
}
