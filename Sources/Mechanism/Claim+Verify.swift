extension Claim {
    /// Claim 1: Spearman correlation of the layer index with accuracy, with −noise (mean over the filters with a cluster) and
    /// with the SNR, where a layer without noise ranks above every ratio. Upheld where all three reach their thresholds.
    /// - Parameter layers: in the network's order.
    public static func sharpening(layers: [LayerEvidence], thresholds: SharpeningThresholds) -> Claim {
        var missing: [String] = []
        // A correlation of two points is always ±1 and says nothing.
        if layers.count < 3 { missing.append("at least 3 layers") }
        func series(_ what: String, _ value: (LayerEvidence) -> Double?) -> [Double]? {
            let values = layers.map(value)
            let absent = zip(layers, values).filter { $0.1 == nil }.map(\.0.layer)
            guard absent.isEmpty else {
                missing.append("\(what) of \(absent.joined(separator: ", "))")
                return nil
            }
            return values.compactMap { $0 }
        }
        let index = layers.indices.map(Double.init)
        func correlation(_ what: String, _ value: (LayerEvidence) -> Double?) -> Double? {
            guard let values = series(what, value), layers.count >= 3 else { return nil }
            guard let result = spearmanCorrelation(index, values) else {
                missing.append("\(what) that differs between layers")
                return nil
            }
            return result
        }
        let accuracy = correlation("an accuracy", \.accuracy)
        let noise = correlation("a noise per filter") { $0.figures.active.map { -$0.noise } }
        let ratio = correlation("a signal-to-noise ratio") { layer in
            switch layer.figures.signalToNoise {
            case .ratio(let value): value
            case .noNoise: .infinity  // only its rank is used
            case .undefined: nil
            }
        }
        let verdict: Verdict
        if let accuracy, let noise, let ratio {
            let upheld = accuracy >= thresholds.accuracy && noise >= thresholds.fallingNoise && ratio >= thresholds.signalToNoise
            verdict = upheld ? .upheld : .notUpheld
        } else {
            verdict = .notTested(missing: missing.joined(separator: "; "))
        }
        return Claim(
            number: 1, name: "sharpening",
            statement: "Accuracy rises layer by layer, while the noise per filter falls and the signal-to-noise ratio rises.",
            verdict: verdict,
            figures: [
                Figure(name: "Spearman correlation of layer index with accuracy", value: accuracy, threshold: thresholds.accuracy),
                Figure(name: "Spearman correlation of layer index with -noise", value: noise, threshold: thresholds.fallingNoise),
                Figure(name: "Spearman correlation of layer index with SNR", value: ratio, threshold: thresholds.signalToNoise),
            ])
    }

    /// All four claims for one network on one draw of labels: claim 1 from its layers, the others not tested.
    public static func verdicts(layers: [LayerEvidence], thresholds: SharpeningThresholds = SharpeningThresholds()) -> [Claim] {
        [
            sharpening(layers: layers, thresholds: thresholds),
            linearError(nil, thresholds: SweepThresholds()),
            universality(nil, points: [], thresholds: SweepThresholds()),
            pruningNotTested,
        ]
    }
}
