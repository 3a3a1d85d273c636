/// Which network: everything that fixes its tensors' names and shapes. It travels as JSON in recipes, run directories and
/// messages; `Network(_:)` checks it.
public struct ModelSpecification: Codable, Hashable, Sendable {
    /// What follows the convolutions; of the linear network all there is.
    public enum Classifier: String, Codable, Hashable, Sendable, CaseIterable {
        /// One linear layer on the flattened map after the five max-pools.
        case linear
        /// torchvision's: average pool to 7×7, then three linear layers, the first two with ReLU and dropout.
        case mlp
    }

    /// One of `knownNames`.
    public var name: String
    /// Channels of a VGG's first convolution; the others are 2, 4 and 8 times as wide. The papers' networks have 64.
    public var width: Int
    public var classifier: Classifier
    /// Whether the linear classifier has a bias; torchvision's mlp always has.
    public var classifierBias: Bool
    public var batchNorm: Bool
    /// Rows and columns of an image: for a VGG a multiple of 32, for five max-pools halve it; of the linear network any.
    public var inputSize: Int
    public var inputChannels: Int
    /// Outputs of the classifier, K.
    public var labels: Int
    /// Share of the units that dropout silences in training: of the mlp's hidden ones, of an EfficientNet's means before the classifier.
    public var dropout: Float
    /// Of an EfficientNet: the share of samples for which training leaves the last residual block out; linearly less towards the
    /// first. nil for torchvision's 0.2.
    public var stochasticDepth: Float?
    /// Channels of each convolution where they are not the multiples of `width`, as in a pruned network without its empty
    /// channels; of an EfficientNet those of stem, stages and head where they are not B0's. nil for the usual ones.
    public var channels: [Int]?

    public init(
        name: String, width: Int = 64, classifier: Classifier = .linear, classifierBias: Bool = true, batchNorm: Bool = true,
        inputSize: Int = 32, inputChannels: Int, labels: Int, dropout: Float? = nil, stochasticDepth: Float? = nil,
        channels: [Int]? = nil
    ) {
        self.name = name
        self.width = width
        self.classifier = classifier
        self.classifierBias = classifierBias
        self.batchNorm = batchNorm
        self.inputSize = inputSize
        self.inputChannels = inputChannels
        self.labels = labels
        self.dropout = dropout ?? Self.usualDropout(name)
        self.stochasticDepth = stochasticDepth
        self.channels = channels
    }

    /// The names of the networks that can be built.
    public static var knownNames: [String] { VGGConfiguration.allCases.map(\.rawValue) + [EfficientNetConfiguration.name, linear] }

    /// One linear layer on the flattened image, and nothing else: a baseline, and what a worker in another language can compute in
    /// a few lines.
    public static let linear = "linear"

    /// torchvision's dropout of a network.
    public static func usualDropout(_ name: String) -> Float {
        name == EfficientNetConfiguration.name ? EfficientNetConfiguration.dropout : 0.5
    }

    /// What follows a network's convolutions where nobody says it: torchvision's classifier from 224 pixels on.
    public static func usualClassifier(_ name: String, inputSize: Int) -> Classifier {
        VGGConfiguration(rawValue: name) == nil || inputSize < 224 ? .linear : .mlp
    }

    /// Whether it is an EfficientNet, which has no width and one kind of classifier.
    public var isEfficientNet: Bool { name == EfficientNetConfiguration.name }
    /// Whether it is a VGG: the others have no width.
    public var isVGG: Bool { VGGConfiguration(rawValue: name) != nil }
}
