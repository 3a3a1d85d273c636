/// The comparison for programs: `filterscope report --json` with several runs.
public struct ComparisonDocument: Encodable, Sendable {
    public let comparable: Bool
    public let obstacles: [String]
    public let cautions: [String]
    public let runs: [Run]
    /// Fields of the recipes that differ, a value for each run.
    public let recipe: [String: [String?]]

    public struct Run: Encodable, Sendable {
        public let letter: String
        public let path: String
        public let summary: RunSummary
        public let kernels: [String]
        public let version: String?
    }

    public init(_ runs: [ComparedRun]) {
        let comparability = Comparability(runs)
        comparable = comparability.isComparable
        obstacles = comparability.obstacles
        cautions = comparability.cautions
        self.runs = runs.map { Run(letter: $0.letter, path: $0.path, summary: $0.summary, kernels: $0.kernels, version: $0.version) }
        recipe = Dictionary(uniqueKeysWithValues: RecipeDifferences(runs).rows.map { ($0.name, $0.values) })
    }
}
