/// Where the time of training steps goes, by clock readings in the lane itself. Each reading ends one section and begins the
/// next, so sections add up to the time between `begin` and the last reading.
///
///     profile.begin()
///     lane.input.copy(from: images)
///     profile.end(.inputCopy)
///     lane.run(…, profile: profile)
///     profile.duration(.convolutionForward, layer: 0)
///
/// One thread uses it at a time: each lane has its own, and whoever joined the threads adds them up.
public final class StepProfile: @unchecked Sendable {
    /// What a section does.
    public enum Kind: String, CaseIterable, Sendable {
        /// Images into the lane.
        case inputCopy = "input copy"
        /// With the moments of its output.
        case convolutionForward = "convolution forward"
        /// Batch norm's statistics, then normalisation, ReLU and max-pool in one pass.
        case normalization
        /// A pointwise convolution in front of a depthwise one (or the stem, or the head), with its batch norm's statistics.
        case expansionForward = "expansion forward"
        case depthwiseForward = "depthwise forward"
        /// Squeeze-excitation, the pointwise convolution behind it, the sum with the block's input.
        case projectionForward = "projection forward"
        /// Linear layers with what is between them.
        case classifierForward = "classifier forward"
        case loss
        case classifierBackward = "classifier backward"
        /// Sums over the batch that the way back of batch norm and bias begins with.
        case reductions
        /// The gradients of weights and input, and that of normalisation, ReLU and max-pool on the way.
        case convolutionBackward = "convolution backward"
        case projectionBackward = "projection backward"
        case depthwiseBackward = "depthwise backward"
        case expansionBackward = "expansion backward"
        /// Shards' gradients and batch statistics added up.
        case gradientSums = "gradient sums"
        /// Weights, velocities and running statistics.
        case optimizer

        /// Whether each layer has a section of its own.
        public var isOfLayer: Bool {
            switch self {
            case .convolutionForward, .normalization, .reductions, .convolutionBackward, .expansionForward, .depthwiseForward,
                .projectionForward, .projectionBackward, .depthwiseBackward, .expansionBackward: true
            case .inputCopy, .classifierForward, .loss, .classifierBackward, .gradientSums, .optimizer: false
            }
        }

        public var isConvolution: Bool { isOfLayer && self != .normalization && self != .reductions }

        fileprivate var place: Int {
            switch self {
            case .inputCopy: 0
            case .convolutionForward: 1
            case .normalization: 2
            case .classifierForward: 3
            case .loss: 4
            case .classifierBackward: 5
            case .reductions: 6
            case .convolutionBackward: 7
            case .gradientSums: 8
            case .optimizer: 9
            case .expansionForward: 10
            case .depthwiseForward: 11
            case .projectionForward: 12
            case .projectionBackward: 13
            case .depthwiseBackward: 14
            case .expansionBackward: 15
            }
        }
    }

    private let layers: Int
    private var durations: [Duration]
    private var last = ContinuousClock.now

    /// - Parameter layers: taps of the network.
    public init(layers: Int) {
        self.layers = max(layers, 1)
        durations = Array(repeating: .zero, count: Kind.allCases.count * self.layers)
    }

    /// The first section begins.
    public func begin() { last = .now }

    /// The section that began at the reading before was of this kind and layer; the next one begins.
    public func end(_ kind: Kind, layer: Int = 0) {
        let now = ContinuousClock.now
        add(now - last, to: kind, layer: layer)
        last = now
    }

    /// Adds time that was taken elsewhere, by several threads together say.
    public func add(_ duration: Duration, to kind: Kind, layer: Int = 0) { durations[kind.place * layers + layer] += duration }

    /// Of one layer; of kinds without layers all, as layer 0.
    public func duration(_ kind: Kind, layer: Int = 0) -> Duration { durations[kind.place * layers + layer] }
    /// Of all layers.
    public func total(_ kind: Kind) -> Duration { (0..<layers).reduce(.zero) { $0 + duration(kind, layer: $1) } }
    /// Of all sections.
    public var total: Duration { durations.reduce(.zero, +) }

    /// Adds another's times.
    /// - Precondition: both are for networks of as many layers.
    public func add(_ other: StepProfile) {
        precondition(other.layers == layers, "profiles of two networks")
        for index in durations.indices { durations[index] += other.durations[index] }
    }

    /// Forgets all.
    public func reset() {
        for index in durations.indices { durations[index] = .zero }
    }
}
