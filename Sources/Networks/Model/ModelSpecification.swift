/// Which network: everything that fixes its tensors' names and shapes. It travels as JSON in recipes, run directories and
/// messages; `Network(_:)` checks it.
public struct ModelSpecification: Codable, Hashable, Sendable {
    /// What follows the convolutions.
    public enum Classifier: String, Codable, Hashable, Sendable, CaseIterable {
        /// One linear layer on the flattened map after the five max-pools.
        case linear
        /// torchvision's: average pool to 7×7, then three linear layers, the first two with ReLU and dropout.
        case mlp
    }

    /// One of `knownNames`.
    public var name: String
    /// Channels of the first convolution; the others are 2, 4 and 8 times as wide. The papers' networks have 64.
    public var width: Int
    public var classifier: Classifier
    /// Whether the linear classifier has a bias; torchvision's mlp always has.
    public var classifierBias: Bool
    public var batchNorm: Bool
    /// Rows and columns of an image: a multiple of 32, for five max-pools halve it.
    public var inputSize: Int
    public var inputChannels: Int
    /// Outputs of the classifier, K.
    public var labels: Int
    /// Share of the hidden units that dropout silences in training; mlp only.
    public var dropout: Float
    /// Channels of each convolution where they are not the multiples of `width`, as in a pruned network without its empty
    /// channels; nil for the multiples.
    public var channels: [Int]?

    public init(
        name: String, width: Int = 64, classifier: Classifier = .linear, classifierBias: Bool = true, batchNorm: Bool = true,
        inputSize: Int = 32, inputChannels: Int, labels: Int, dropout: Float = 0.5, channels: [Int]? = nil
    ) {
        self.name = name
        self.width = width
        self.classifier = classifier
        self.classifierBias = classifierBias
        self.batchNorm = batchNorm
        self.inputSize = inputSize
        self.inputChannels = inputChannels
        self.labels = labels
        self.dropout = dropout
        self.channels = channels
    }

    /// The names of the networks that can be built.
    public static var knownNames: [String] { VGGConfiguration.allCases.map(\.rawValue) }
}
