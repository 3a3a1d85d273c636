import Mechanism

/// `results/prune.json`: phase 5, pruned networks and what each kept.
public struct PruneDocument: Codable, Hashable, Sendable {
    /// What decides which connections stay.
    public enum Method: String, Codable, Hashable, Sendable, CaseIterable {
        /// A shared cluster of the filters' own.
        case clusters = "afcc"
        /// Random clusters of the same sizes.
        case random
        /// The largest magnitudes, as many in every layer as AFCC keeps there.
        case magnitude
    }

    public var recipe: String
    public var model: String
    public var dataset: String
    /// Top-1 of the whole network on the test split, 0 to 1.
    public var accuracy: Double
    public var parameters: Int
    /// Of one image's forward pass.
    public var multiplyAdds: Int
    /// By threshold, then method.
    public var variants: [Variant]
    public var claims: [Claim]

    /// One pruned network.
    public struct Variant: Codable, Hashable, Sendable {
        public var method: Method
        public var threshold: Double
        /// Share of the pruned layers' connections that stay.
        public var density: Double
        public var layers: [Layer]
        public var accuracyMasked: Double
        public var accuracyRetrained: Double
        public var parametersKept: Int
        public var multiplyAddsKept: Int
        /// The retrained weights, dense with zeros, from the run directory; the mask's tensors stand beside them.
        public var weights: String
        public var weightsSHA256: String
        /// Execution without the empty channels; nil where the mask empties none.
        public var compact: Compact?

        public init(
            method: Method, threshold: Double, density: Double, layers: [Layer], accuracyMasked: Double, accuracyRetrained: Double,
            parametersKept: Int, multiplyAddsKept: Int, weights: String, weightsSHA256: String, compact: Compact? = nil
        ) {
            self.method = method
            self.threshold = threshold
            self.density = density
            self.layers = layers
            self.accuracyMasked = accuracyMasked
            self.accuracyRetrained = accuracyRetrained
            self.parametersKept = parametersKept
            self.multiplyAddsKept = multiplyAddsKept
            self.weights = weights
            self.weightsSHA256 = weightsSHA256
            self.compact = compact
        }

        private enum CodingKeys: String, CodingKey {
            case method, threshold, density, layers
            case accuracyMasked = "accuracy_masked"
            case accuracyRetrained = "accuracy_retrained"
            case parametersKept = "parameters_kept"
            case multiplyAddsKept = "multiply_adds_kept"
            case weights
            case weightsSHA256 = "weights_sha256"
            case compact
        }
    }

    /// Connections (kernels of a convolution, weights of the classifier from a filter to a label) of one pruned layer.
    public struct Layer: Codable, Hashable, Sendable {
        public var layer: String
        public var connections: Int
        public var kept: Int

        public init(layer: String, connections: Int, kept: Int) {
            self.layer = layer
            self.connections = connections
            self.kept = kept
        }
    }

    /// A network without the channels that the mask empties, with the same outputs up to rounding.
    public struct Compact: Codable, Hashable, Sendable {
        /// Output channels left, by layer.
        public var channelsKept: [String: Int]
        public var multiplyAdds: Int
        /// Of inference on one thread, measured on the coordinator's machine beside whatever else ran there.
        public var imagesPerSecond: Double
        public var imagesPerSecondDense: Double

        public init(channelsKept: [String: Int], multiplyAdds: Int, imagesPerSecond: Double, imagesPerSecondDense: Double) {
            self.channelsKept = channelsKept
            self.multiplyAdds = multiplyAdds
            self.imagesPerSecond = imagesPerSecond
            self.imagesPerSecondDense = imagesPerSecondDense
        }

        private enum CodingKeys: String, CodingKey {
            case channelsKept = "channels_kept"
            case multiplyAdds = "multiply_adds"
            case imagesPerSecond = "images_per_second"
            case imagesPerSecondDense = "images_per_second_dense"
        }
    }

    public init(
        recipe: String, model: String, dataset: String, accuracy: Double, parameters: Int, multiplyAdds: Int, variants: [Variant],
        claims: [Claim]
    ) {
        self.recipe = recipe
        self.model = model
        self.dataset = dataset
        self.accuracy = accuracy
        self.parameters = parameters
        self.multiplyAdds = multiplyAdds
        self.variants = variants
        self.claims = claims
    }

    private enum CodingKeys: String, CodingKey {
        case recipe, model, dataset, accuracy, parameters
        case multiplyAdds = "multiply_adds"
        case variants, claims
    }
}
