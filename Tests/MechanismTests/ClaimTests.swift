import Mechanism
import Testing

@Suite struct ClaimTests {
    @Test func spearmanOfKnownSeries() throws {
        #expect(spearmanCorrelation([1, 2, 3, 4], [10, 20, 40, 30]) == 0.8)
        #expect(spearmanCorrelation([1, 2, 3], [5, 6, 900]) == 1)
        #expect(spearmanCorrelation([1, 2, 3], [3, 2, 1]) == -1)
        // Ties share their mean rank: ranks (1, 2.5, 2.5, 4) against (1, 2, 3, 4).
        let tied = try #require(spearmanCorrelation([1, 2, 3, 4], [0, 5, 5, 7]))
        #expect(abs(tied - 4.5 / (5.0 * 4.5).squareRoot()) < 1e-15)
        #expect(spearmanCorrelation([1, 2, 3], [1, 5, .infinity]) == 1)
        #expect(spearmanCorrelation([1, 2, 3], [4, 4, 4]) == nil)
        #expect(spearmanCorrelation([1], [4]) == nil)
        #expect(spearmanCorrelation([], []) == nil)
    }

    private func layer(_ index: Int, accuracy: Double?, noise: Int, clusters: [[Int]] = [[0, 1]]) -> LayerEvidence {
        let result = FilterResult(
            filter: 0, top: 1, silent: false, clusters: clusters, noise: noise, internalNoise: 0, externalNoise: noise)
        return LayerEvidence(
            layer: "conv\(index)", accuracy: accuracy, figures: LayerFigures(layer: "conv\(index)", labels: 5, filters: [result]))
    }

    private func verdict(_ layers: [LayerEvidence]) -> Verdict {
        Claim.sharpening(layers: layers, thresholds: SharpeningThresholds()).verdict
    }

    @Test func claimOneUpheldWithALastLayerWithoutNoise() {
        let layers = [layer(1, accuracy: 0.3, noise: 9), layer(2, accuracy: 0.5, noise: 4), layer(3, accuracy: 0.6, noise: 0)]
        let claim = Claim.sharpening(layers: layers, thresholds: SharpeningThresholds())
        #expect(claim.verdict == .upheld)
        #expect(claim.figures.map(\.value) == [1, 1, 1])
        #expect(claim.figures.map(\.threshold) == [0.8, 0.5, 0.5])
    }

    @Test func claimOneNotUpheldWhereNoiseRises() {
        #expect(verdict([
            layer(1, accuracy: 0.3, noise: 1), layer(2, accuracy: 0.5, noise: 4), layer(3, accuracy: 0.6, noise: 9),
        ]) == .notUpheld)
    }

    @Test func thresholdsDecide() {
        let layers = [layer(1, accuracy: 0.3, noise: 9), layer(2, accuracy: 0.6, noise: 5), layer(3, accuracy: 0.5, noise: 1)]
        #expect(verdict(layers) == .notUpheld)
        #expect(Claim.sharpening(layers: layers, thresholds: SharpeningThresholds(accuracy: 0.5)).verdict == .upheld)
    }

    @Test func whatIsMissingIsNamed() {
        let full = [layer(1, accuracy: 0.3, noise: 9), layer(2, accuracy: 0.5, noise: 4), layer(3, accuracy: 0.6, noise: 1)]
        #expect(verdict(Array(full.prefix(2))) == .notTested(missing: "at least 3 layers"))
        var gap = full
        gap[1].accuracy = nil
        #expect(verdict(gap) == .notTested(missing: "an accuracy of conv2"))
        #expect(verdict([full[0], full[1], layer(3, accuracy: 0.6, noise: 0, clusters: [])]) == .notTested(
            missing: "a noise per filter of conv3; a signal-to-noise ratio of conv3"))
        #expect(verdict([1, 2, 3].map { layer($0, accuracy: 0.1 * Double($0), noise: 2) }) == .notTested(
            missing: "a noise per filter that differs between layers; a signal-to-noise ratio that differs between layers"))
    }

    @Test func theOtherClaimsSayWhatIsMissing() {
        let claims = Claim.verdicts(layers: [])
        #expect(claims.map(\.number) == [1, 2, 3, 4])
        for claim in claims {
            guard case .notTested(let missing) = claim.verdict else {
                Issue.record("claim \(claim.number) has a verdict without figures")
                continue
            }
            #expect(!missing.isEmpty)
            #expect(claim.verdict.name == "not tested")
        }
    }
}
