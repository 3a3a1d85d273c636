import Diagnostics

/// One pruned and retrained network.
public struct PruningRow: Hashable, Sendable {
    public var method: String
    public var threshold: Double
    public var density: Double
    public var accuracyBefore: Double
    public var accuracyMasked: Double
    public var accuracyRetrained: Double
    public var parametersKept: Int
    public var multiplyAddsKept: Int
    /// From the run directory.
    public var weights: String
    public var weightsSHA256: String
    /// JSON text.
    public var layers: String

    public init(
        method: String, threshold: Double, density: Double, accuracyBefore: Double, accuracyMasked: Double, accuracyRetrained: Double,
        parametersKept: Int, multiplyAddsKept: Int, weights: String, weightsSHA256: String, layers: String
    ) {
        self.method = method
        self.threshold = threshold
        self.density = density
        self.accuracyBefore = accuracyBefore
        self.accuracyMasked = accuracyMasked
        self.accuracyRetrained = accuracyRetrained
        self.parametersKept = parametersKept
        self.multiplyAddsKept = multiplyAddsKept
        self.weights = weights
        self.weightsSHA256 = weightsSHA256
        self.layers = layers
    }
}

extension Journal {
    /// Recording a variant again replaces it.
    public func record(_ row: PruningRow) throws(Problem) {
        try database.execute(
            "INSERT OR REPLACE INTO prunings (\(pruningColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row.method, row.threshold,
            row.density, row.accuracyBefore, row.accuracyMasked, row.accuracyRetrained, row.parametersKept, row.multiplyAddsKept,
            row.weights, row.weightsSHA256, row.layers)
    }

    /// Forgets all of them, as when the recipe asks for another pruning.
    public func removePrunings() throws(Problem) { try database.execute("DELETE FROM prunings") }
}

extension JournalReading {
    /// By threshold, then method.
    public func prunings() throws(Problem) -> [PruningRow] {
        try database.rows("SELECT \(pruningColumns) FROM prunings ORDER BY threshold, method") { row throws(Problem) in
            PruningRow(
                method: try row.string(0), threshold: try row.double(1), density: try row.double(2), accuracyBefore: try row.double(3),
                accuracyMasked: try row.double(4), accuracyRetrained: try row.double(5), parametersKept: try row.integer(6),
                multiplyAddsKept: try row.integer(7), weights: try row.string(8), weightsSHA256: try row.string(9),
                layers: try row.string(10))
        }
    }
}

private let pruningColumns = """
    method, threshold, density, accuracy_before, accuracy_masked, accuracy_retrained, parameters_kept, multiply_adds_kept,
    weights, weights_sha256, layers
    """
