import Mechanism

/// `results/sweep.json`: phase 4, one trained network per number of labels and seed, and what their figures say of the number
/// of labels.
public struct SweepDocument: Codable, Hashable, Sendable {
    public var recipe: String
    public var model: String
    public var dataset: String
    /// The layer whose head and filters were measured: the last convolution or stage.
    public var layer: String
    public var threshold: Double
    /// By labels, then seed.
    public var points: [Point]
    /// Nil where there are too few points for a fit.
    public var fits: SweepFits?
    public var claims: [Claim]

    /// One trained network.
    public struct Point: Codable, Hashable, Sendable {
        public var labels: Int
        public var seed: Int
        /// From the sweep's directory; a run directory of its own.
        public var directory: String
        /// Top-1 on the test split, 0 to 1.
        public var testAccuracy: Double
        /// Of the layer's head.
        public var headAccuracy: Double?
        public var filters: Int
        public var activeFilters: Int
        /// Means over the filters with at least one cluster; nil where there is none.
        public var meanClustersPerFilter: Double?
        public var meanClusterSize: Double?
        public var meanNoise: Double?
        public var signal: Double
        public var noisePerLabel: Double
        public var signalToNoise: SignalToNoise
        public var weightsSHA256: String
        public var wallSeconds: Double

        public var testError: Double { 1 - testAccuracy }

        public init(
            labels: Int, seed: Int, directory: String, testAccuracy: Double, headAccuracy: Double?, filters: Int, activeFilters: Int,
            meanClustersPerFilter: Double?, meanClusterSize: Double?, meanNoise: Double?, signal: Double, noisePerLabel: Double,
            signalToNoise: SignalToNoise, weightsSHA256: String, wallSeconds: Double
        ) {
            self.labels = labels
            self.seed = seed
            self.directory = directory
            self.testAccuracy = testAccuracy
            self.headAccuracy = headAccuracy
            self.filters = filters
            self.activeFilters = activeFilters
            self.meanClustersPerFilter = meanClustersPerFilter
            self.meanClusterSize = meanClusterSize
            self.meanNoise = meanNoise
            self.signal = signal
            self.noisePerLabel = noisePerLabel
            self.signalToNoise = signalToNoise
            self.weightsSHA256 = weightsSHA256
            self.wallSeconds = wallSeconds
        }

        private enum CodingKeys: String, CodingKey {
            case labels, seed, directory
            case testAccuracy = "test_accuracy"
            case headAccuracy = "head_accuracy"
            case filters
            case activeFilters = "active_filters"
            case meanClustersPerFilter = "mean_clusters_per_filter"
            case meanClusterSize = "mean_cluster_size"
            case meanNoise = "mean_noise"
            case signal
            case noisePerLabel = "noise_per_label"
            case signalToNoise = "snr"
            case weightsSHA256 = "weights_sha256"
            case wallSeconds = "wall_seconds"
        }
    }

    public init(
        recipe: String, model: String, dataset: String, layer: String, threshold: Double, points: [Point], fits: SweepFits?,
        claims: [Claim]
    ) {
        self.recipe = recipe
        self.model = model
        self.dataset = dataset
        self.layer = layer
        self.threshold = threshold
        self.points = points
        self.fits = fits
        self.claims = claims
    }
}
