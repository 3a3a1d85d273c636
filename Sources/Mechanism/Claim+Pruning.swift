/// What upholds claim 4; from the recipe.
public struct PruningThresholds: Codable, Hashable, Sendable {
    /// The most accuracy lost after retraining.
    public var loss: Double
    /// The most that AFCC may lie behind the better baseline.
    public var behindBaselines: Double

    public init(loss: Double = 0.01, behindBaselines: Double = 0.005) {
        self.loss = loss
        self.behindBaselines = behindBaselines
    }
}

extension Claim {
    /// Claim 4: upheld where AFCC's retrained accuracy lies at most `loss` below the whole network's, and at most
    /// `behindBaselines` below the better of the two baselines.
    /// - Parameters:
    ///   - accuracy: of the whole network, 0 to 1.
    ///   - clusters: of the network that AFCC pruned, after retraining.
    ///   - baselines: of the baselines, retrained alike; both are needed for a verdict.
    public static func pruning(
        accuracy: Double, density: Double, clusters: Double, baselines: [Double], thresholds: PruningThresholds
    ) -> Claim {
        let lead = baselines.max().map { clusters - $0 }
        let verdict: Verdict
        if let lead, baselines.count >= 2 {
            verdict = clusters - accuracy >= -thresholds.loss && lead >= -thresholds.behindBaselines ? .upheld : .notUpheld
        } else {
            verdict = .notTested(missing: "the two baselines at the same density (prune.baselines)")
        }
        return Claim(
            number: 4, name: pruningNotTested.name, statement: pruningNotTested.statement, verdict: verdict,
            figures: [
                Figure(name: "accuracy after AFCC and retraining, over the whole network's", value: clusters - accuracy, threshold: -thresholds.loss),
                Figure(name: "accuracy over the better baseline's", value: lead, threshold: -thresholds.behindBaselines),
                Figure(name: "share of the pruned layers' connections kept", value: density, threshold: nil),
            ])
    }
}
