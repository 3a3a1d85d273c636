import Mechanism

/// All that `report.html` shows, as plain values: no database, no files. What is unknown stays nil or empty, and the
/// report leaves it out.
public struct ReportInput: Sendable {
    /// A part of the run and how long it took.
    public struct PhaseTime: Hashable, Sendable {
        public var name: String
        public var seconds: Double
        public init(name: String, seconds: Double) {
            self.name = name
            self.seconds = seconds
        }
    }

    public struct Worker: Hashable, Sendable {
        public var name: String
        public var host: String
        public var threads: Int
        public var unitsDone: Int
        public init(name: String, host: String, threads: Int, unitsDone: Int) {
            self.name = name
            self.host = host
            self.threads = threads
            self.unitsDone = unitsDone
        }
    }

    /// A field of the recipe, in its own words and numbers.
    public struct RecipeEntry: Hashable, Sendable {
        /// `training.learningRate`.
        public var name: String
        public var value: String
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What the run was asked to do.
    public struct Setting: Hashable, Sendable {
        public var description = ""
        public var trainImages: Int?
        public var testImages: Int?
        public var networkParameters: Int?
        public var trainingEpochs: Double?
        public var trainingSteps: Int?
        public var headSteps: Int?
        public var batchSize: Int?
        public var seed: UInt64?
        /// Seconds since 1970.
        public var startedAt: Double?
        public init() {}
    }

    public var summary: RunSummary
    public var setting = Setting()
    public var recipe: [RecipeEntry] = []
    public var phases: [PhaseTime] = []
    public var workers: [Worker] = []
    /// In the order in which they were measured.
    public var metrics: [MetricPoint] = []
    public var examples: [FieldExample] = []
    /// Figures at further thresholds.
    public var further: [ThresholdFigures] = []
    /// Phase 5; nil where nothing was pruned.
    public var pruned: PruneDocument?

    /// By layer, the address of the page with all of its filters; empty where there are none.
    public var filterPages: [String: String] = [:]

    /// The summary's, and in place of one not tested what pruning says of it.
    var claims: [Claim] {
        summary.claims.map { claim in
            guard case .notTested = claim.verdict else { return claim }
            return pruned?.claims.first { $0.number == claim.number } ?? claim
        }
    }

    public init(summary: RunSummary) { self.summary = summary }
}
