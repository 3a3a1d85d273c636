/// What the figures say about a claim.
public enum Verdict: Hashable, Sendable {
    case upheld
    case notUpheld
    /// What is missing for a verdict.
    case notTested(missing: String)

    /// `upheld`, `not upheld` or `not tested`.
    public var name: String {
        switch self {
        case .upheld: "upheld"
        case .notUpheld: "not upheld"
        case .notTested: "not tested"
        }
    }
}

/// One claim of `method.md` with its verdict and the figures it rests on.
public struct Claim: Hashable, Sendable {
    /// A figure and the least value that upholds the claim.
    public struct Figure: Codable, Hashable, Sendable {
        public var name: String
        /// Nil where it is undefined.
        public var value: Double?
        public var threshold: Double?

        public init(name: String, value: Double?, threshold: Double?) {
            self.name = name
            self.value = value
            self.threshold = threshold
        }
    }

    /// 1 to 4, as `method.md` counts.
    public let number: Int
    /// `sharpening`, `linear error`, `universality`, `pruning`.
    public let name: String
    /// The claim in one sentence.
    public let statement: String
    public let verdict: Verdict
    public let figures: [Figure]

    public init(number: Int, name: String, statement: String, verdict: Verdict, figures: [Figure]) {
        self.number = number
        self.name = name
        self.statement = statement
        self.verdict = verdict
        self.figures = figures
    }
}

/// The least Spearman correlations with the layer index that uphold claim 1; from the recipe.
public struct SharpeningThresholds: Codable, Hashable, Sendable {
    public var accuracy: Double
    public var fallingNoise: Double
    public var signalToNoise: Double

    public init(accuracy: Double = 0.8, fallingNoise: Double = 0.5, signalToNoise: Double = 0.5) {
        self.accuracy = accuracy
        self.fallingNoise = fallingNoise
        self.signalToNoise = signalToNoise
    }
}

/// What claim 1 needs to know of a layer.
public struct LayerEvidence: Hashable, Sendable {
    public var layer: String
    /// Test accuracy of the layer's head, 0 to 1.
    public var accuracy: Double?
    public var figures: LayerFigures

    public init(layer: String, accuracy: Double?, figures: LayerFigures) {
        self.layer = layer
        self.accuracy = accuracy
        self.figures = figures
    }
}
