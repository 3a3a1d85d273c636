/// What upholds claims 2 and 3; from the recipe.
public struct SweepThresholds: Codable, Hashable, Sendable {
    /// The least R² of the line of error against K.
    public var linearErrorR2: Double
    /// The most change per decade of K, as a share of the mean, at the far end of the interval.
    public var universalitySlope: Double
    /// The least SNR at every K.
    public var universalitySNR: Double

    public init(linearErrorR2: Double = 0.9, universalitySlope: Double = 0.25, universalitySNR: Double = 5) {
        self.linearErrorR2 = linearErrorR2
        self.universalitySlope = universalitySlope
        self.universalitySNR = universalitySNR
    }
}

extension Claim {
    private static let sweepIsMissing = "runs at three or more numbers of labels K"

    /// Claim 1 of a sweep, whose networks have a head on their last layer alone.
    public static let sharpeningNotTestedBySweep: Claim = {
        let claim = sharpening(layers: [], thresholds: SharpeningThresholds())
        return Claim(
            number: claim.number, name: claim.name, statement: claim.statement,
            verdict: .notTested(missing: "a head on every layer; a sweep measures the last one alone, so run its recipe without sweep.labels"),
            figures: [])
    }()

    /// Claim 2: upheld where the line of error against K rises for certain, explains at least the threshold's share of the
    /// variance, and a parabola does not lower AICc.
    /// - Parameter fits: nil where no sweep, or one of too few points, was run.
    public static func linearError(_ fits: SweepFits?, thresholds: SweepThresholds) -> Claim {
        let gain: Double? = if let line = fits?.linearAICc, let parabola = fits?.quadraticAICc { parabola - line } else { nil }
        let verdict: Verdict
        if let fits, let gain {
            let upheld = fits.error.rSquared >= thresholds.linearErrorR2 && fits.error.slopeInterval.lower > 0 && gain >= 0
            verdict = upheld ? .upheld : .notUpheld
        } else {
            verdict = .notTested(
                missing: fits == nil
                    ? sweepIsMissing : "at least six networks whose errors lie on no exact line or parabola, to weigh one against the other")
        }
        return Claim(
            number: 2, name: "linear error",
            statement: "For a given architecture the maximal test error rises about linearly with the number of labels K.",
            verdict: verdict,
            figures: fits.map { fits in
                [
                    Figure(name: "R2 of the line of error against K", value: fits.error.rSquared, threshold: thresholds.linearErrorR2),
                    Figure(
                        name: "rise of the error per 100 labels, lower end of its 95 % interval",
                        value: 100 * fits.error.slopeInterval.lower, threshold: 0),
                    Figure(name: "AICc of the parabola over the line's", value: gain, threshold: 0),
                ]
            } ?? [])
    }

    /// Claim 3: upheld where neither C_s nor N_c changes with K by more than the threshold's share of its mean per decade, at the
    /// far end of the interval, and the mean SNR reaches its threshold at every K. "No noise" is above every ratio.
    public static func universality(_ fits: SweepFits?, points: [SweepEvidence], thresholds: SweepThresholds) -> Claim {
        func steadiness(_ trend: SweepFits.Trend?) -> Double? {
            guard let trend, trend.mean > 0 else { return nil }
            return -max(abs(trend.perDecadeInterval.lower), abs(trend.perDecadeInterval.upper)) / trend.mean
        }
        let size = steadiness(fits?.clusterSize)
        let number = steadiness(fits?.clustersPerFilter)
        let ratios = meanRatios(points)
        let verdict: Verdict
        if let size, let number, let ratios {
            let upheld = min(size, number) >= -thresholds.universalitySlope && ratios.allSatisfy { $0 ?? .infinity >= thresholds.universalitySNR }
            verdict = upheld ? .upheld : .notUpheld
        } else {
            verdict = .notTested(missing: fits == nil ? sweepIsMissing : "filters with clusters at three or more numbers of labels K")
        }
        return Claim(
            number: 3, name: "universality",
            statement: "At the last convolution the mean cluster size and the mean number of clusters per filter hardly "
                + "depend on K, while the signal-to-noise ratio stays high.",
            verdict: verdict,
            figures: fits == nil ? [] : [
                Figure(name: "-(change of cluster size per decade of K, share of its mean)", value: size, threshold: -thresholds.universalitySlope),
                Figure(name: "-(change of clusters per filter per decade of K, share of its mean)", value: number, threshold: -thresholds.universalitySlope),
                Figure(name: "least SNR at any K", value: ratios?.compactMap { $0 }.min(), threshold: thresholds.universalitySNR),
            ])
    }

    /// The mean SNR at each K; nil elements where a K has none but "no noise"; nil where some K has no SNR at all.
    private static func meanRatios(_ points: [SweepEvidence]) -> [Double?]? {
        var means: [Double?] = []
        for group in Dictionary(grouping: points, by: \.labels).sorted(by: { $0.key < $1.key }).map(\.value) {
            let ratios = group.compactMap(\.signalToNoise.ratio)
            guard !ratios.isEmpty || group.contains(where: { $0.signalToNoise == .noNoise }) else { return nil }
            means.append(ratios.isEmpty ? nil : ratios.reduce(0, +) / Double(ratios.count))
        }
        return means
    }

    /// Claim 4 before anything was pruned.
    public static let pruningNotTested = Claim(
        number: 4, name: "pruning",
        statement: "Connections that no shared cluster supports can be removed, and accuracy after a short retraining is kept.",
        verdict: .notTested(missing: "a pruned and retrained network and its two baselines"), figures: [])
}
