/// What the points of a sweep say of the number of labels K (`method.md`, phase 4).
public struct SweepFits: Codable, Hashable, Sendable {
    /// Least squares of test error against K.
    public var error: Line
    /// Akaike's criterion, corrected for few points, of the line and of the parabola; nil where there are too few points for it.
    public var linearAICc: Double?
    public var quadraticAICc: Double?
    /// C_s, N_c and SNR against log10 K.
    public var clusterSize: Trend?
    public var clustersPerFilter: Trend?
    public var signalToNoise: Trend?
    /// Share of the bootstrap's resamples that intervals leave out, half at either end: 0.05.
    public var alpha: Double
    public var resamples: Int

    /// y = intercept + slope · K, with its 95 % band by bootstrap over seeds within each K.
    public struct Line: Codable, Hashable, Sendable {
        public var slope: Double
        public var intercept: Double
        public var rSquared: Double
        public var slopeInterval: Interval
        public var interceptInterval: Interval
        /// Along K, for figures.
        public var band: [BandPoint]

        public init(
            slope: Double, intercept: Double, rSquared: Double, slopeInterval: Interval, interceptInterval: Interval, band: [BandPoint]
        ) {
            self.slope = slope
            self.intercept = intercept
            self.rSquared = rSquared
            self.slopeInterval = slopeInterval
            self.interceptInterval = interceptInterval
            self.band = band
        }
    }

    public struct Interval: Codable, Hashable, Sendable {
        public var lower: Double
        public var upper: Double

        public init(lower: Double, upper: Double) {
            self.lower = lower
            self.upper = upper
        }
    }

    public struct BandPoint: Codable, Hashable, Sendable {
        public var labels: Double
        public var value: Double
        public var lower: Double
        public var upper: Double

        public init(labels: Double, value: Double, lower: Double, upper: Double) {
            self.labels = labels
            self.value = value
            self.lower = lower
            self.upper = upper
        }
    }

    /// How a figure changes with K: least squares against log10 K, and the ratio of the greatest to the least mean over a K.
    public struct Trend: Codable, Hashable, Sendable {
        public var mean: Double
        public var perDecade: Double
        public var perDecadeInterval: Interval
        public var intercept: Double
        public var greatestOverLeast: Double?

        public init(mean: Double, perDecade: Double, perDecadeInterval: Interval, intercept: Double, greatestOverLeast: Double?) {
            self.mean = mean
            self.perDecade = perDecade
            self.perDecadeInterval = perDecadeInterval
            self.intercept = intercept
            self.greatestOverLeast = greatestOverLeast
        }
    }

    public init(
        error: Line, linearAICc: Double?, quadraticAICc: Double?, clusterSize: Trend?, clustersPerFilter: Trend?, signalToNoise: Trend?,
        alpha: Double, resamples: Int
    ) {
        self.error = error
        self.linearAICc = linearAICc
        self.quadraticAICc = quadraticAICc
        self.clusterSize = clusterSize
        self.clustersPerFilter = clustersPerFilter
        self.signalToNoise = signalToNoise
        self.alpha = alpha
        self.resamples = resamples
    }
}
