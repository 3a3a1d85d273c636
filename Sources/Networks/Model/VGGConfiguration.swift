/// The VGG networks (Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015,
/// table 1), with torchvision's numbering of their layers.
enum VGGConfiguration: String, CaseIterable {
    /// Configuration A.
    case vgg11
    /// Configuration D.
    case vgg16

    enum Step: Equatable {
        /// A 3×3 convolution with padding 1 to this many times the network's width of channels, and what belongs to it.
        case convolution(multiple: Int)
        /// A 2×2 max-pool with stride 2.
        case pool
    }

    /// Rows of an image over rows of the last map: five max-pools.
    static let reduction = 32

    /// Convolutions of each of the five stages; a max-pool ends each stage.
    private var convolutionsPerStage: [Int] {
        switch self {
        case .vgg11: [1, 1, 2, 2, 2]
        case .vgg16: [2, 2, 3, 3, 3]
        }
    }

    var steps: [Step] {
        zip(convolutionsPerStage, [1, 2, 4, 8, 8]).flatMap { count, multiple in
            [Step](repeating: .convolution(multiple: multiple), count: count) + [.pool]
        }
    }
}
