/// The maps of a block: a convolution's output [N, H, W, C], and what comes out behind batch norm, ReLU and, where `pooled`, a
/// 2×2 max-pool of stride 2.
public struct BlockShape: Hashable, Sendable {
    public let batch: Int
    public let height: Int
    public let width: Int
    public let channels: Int
    public let pooled: Bool

    /// - Precondition: sizes are positive, and height and width even where pooled.
    public init(batch: Int, height: Int, width: Int, channels: Int, pooled: Bool) {
        require(batch > 0 && height > 0 && width > 0 && channels > 0, "a size is not positive")
        require(!pooled || (height % 2 == 0 && width % 2 == 0), "a pooled map of odd size")
        self.batch = batch
        self.height = height
        self.width = width
        self.channels = channels
        self.pooled = pooled
    }

    /// Rows of the batch norm, N · H · W.
    public var rows: Int { batch * height * width }
    /// Floats of the convolution's output.
    public var convolvedCount: Int { rows * channels }
    /// Floats of what comes out.
    public var outputCount: Int { pooled ? convolvedCount / 4 : convolvedCount }
}
