/// EfficientNet-B0 (Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019, table 1), as
/// torchvision builds it.
struct EfficientNetConfiguration: Sendable {
    /// Blocks of one kind, of which the first may halve the map.
    struct Stage: Sendable {
        /// Channels inside a block over those that enter it.
        let expansion: Int
        let kernel: Int
        let stride: Int
        let repeats: Int
    }

    static let name = "efficientnet-b0"
    static let stages = [
        Stage(expansion: 1, kernel: 3, stride: 1, repeats: 1), Stage(expansion: 6, kernel: 3, stride: 2, repeats: 2),
        Stage(expansion: 6, kernel: 5, stride: 2, repeats: 2), Stage(expansion: 6, kernel: 3, stride: 2, repeats: 3),
        Stage(expansion: 6, kernel: 5, stride: 1, repeats: 3), Stage(expansion: 6, kernel: 5, stride: 2, repeats: 4),
        Stage(expansion: 6, kernel: 3, stride: 1, repeats: 1),
    ]
    /// Of the stem, the seven stages and the head.
    static let channels = [32, 16, 24, 40, 80, 112, 192, 320, 1280]
    /// torchvision's, in front of the classifier.
    static let dropout: Float = 0.2
    /// torchvision's: of the last block; it grows linearly from 0 at the first.
    static let stochasticDepth: Float = 0.2
    static let smallestInputSize = 32
    /// Blocks of all stages.
    static var blockCount: Int { stages.reduce(0) { $0 + $1.repeats } }
}
