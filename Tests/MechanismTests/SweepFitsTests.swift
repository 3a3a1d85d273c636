import Mechanism
import Testing

@Suite struct SweepFitsTests {
    private func point(_ labels: Int, _ error: Double, size: Double? = 2, number: Double? = 1.5, snr: SignalToNoise = .ratio(9)) -> SweepEvidence {
        SweepEvidence(labels: labels, error: error, clusterSize: size, clustersPerFilter: number, signalToNoise: snr)
    }

    private func isClose(_ value: Double?, _ expected: Double, _ tolerance: Double = 1e-12) -> Bool {
        value.map { abs($0 - expected) <= tolerance * max(1, abs(expected)) } ?? false
    }

    private var nearlyLinear: [SweepEvidence] {
        [point(3, 0.10), point(3, 0.14), point(5, 0.16), point(5, 0.18), point(10, 0.30), point(10, 0.26), point(20, 0.55)]
    }

    /// Figures by NumPy's polyfit.
    @Test func lineAndCriteria() throws {
        let fits = try #require(SweepFits(nearlyLinear, resamples: 400))
        #expect(isClose(fits.error.slope, 0.025))
        #expect(isClose(fits.error.intercept, 0.29 / 7))
        #expect(isClose(fits.error.rSquared, 0.9843526283493557))
        #expect(isClose(fits.linearAICc, -42.50205924086062, 1e-10))
        #expect(isClose(fits.quadraticAICc, -29.643197802801595, 1e-10))
        #expect(fits.error.slopeInterval.lower < 0.025 && fits.error.slopeInterval.upper > 0.025)
        #expect(fits.error.slopeInterval.lower > 0.02 && fits.error.slopeInterval.upper < 0.03)
        #expect(fits.error.band.first?.labels == 3 && fits.error.band.last?.labels == 20)
        #expect(fits.error.band.allSatisfy { $0.lower <= $0.value && $0.value <= $0.upper })
        #expect(try #require(SweepFits(nearlyLinear, resamples: 400)) == fits, "resamples are drawn alike every time")
    }

    /// Two K with three seeds, two with one. Figures by NumPy's polyfit and percentile, the intervals from 400,000 resamples of the
    /// same scheme there; those of 20,000 scatter by about 1 % of the interval's width.
    @Test func intervalsOfTheBootstrap() throws {
        let labels = [3, 3, 3, 10, 10, 10, 100, 1000]
        let errors = [0.02, 0.05, 0.03, 0.06, 0.09, 0.08, 0.31, 0.62]
        let sizes = [2, 2.2, 2.4, 2.1, 2.5, 2.3, 2.6, 2.9]
        let fits = try #require(SweepFits(labels.indices.map { point(labels[$0], errors[$0], size: sizes[$0]) }, resamples: 20_000))
        #expect(isClose(fits.error.slope, 0.0005591002307195195))
        #expect(isClose(fits.error.intercept, 0.0778981046513085))
        #expect(isClose(fits.error.rSquared, 0.8722800548081144))
        #expect(isClose(fits.linearAICc, -30.625991573839997, 1e-10))
        #expect(isClose(fits.quadraticAICc, -46.34048350478444, 1e-10))
        #expect(isClose(fits.clusterSize?.perDecade, 0.2784834197018078))
        #expect(isClose(fits.clusterSize?.intercept, 2.0466901958131603))
        func agrees(_ interval: SweepFits.Interval?, _ lower: Double, _ upper: Double) -> Bool {
            guard let interval else { return false }
            return abs(interval.lower - lower) < 0.03 * (upper - lower) && abs(interval.upper - upper) < 0.03 * (upper - lower)
        }
        #expect(agrees(fits.error.slopeInterval, 0.00053277, 0.00058544))
        #expect(agrees(fits.error.interceptInterval, 0.06818591, 0.08762756))
        #expect(agrees(fits.clusterSize?.perDecadeInterval, 0.13051031, 0.42645653))
    }

    @Test func exactLineHasNoWidth() throws {
        let fits = try #require(SweepFits([2, 4, 8, 16].flatMap { labels in [point(labels, 0.01 * Double(labels)), point(labels, 0.01 * Double(labels))] }, resamples: 100))
        #expect(isClose(fits.error.slope, 0.01) && isClose(fits.error.intercept, 0) && isClose(fits.error.rSquared, 1))
        #expect(isClose(fits.error.slopeInterval.lower, 0.01) && isClose(fits.error.slopeInterval.upper, 0.01))
    }

    @Test func trendPerDecade() throws {
        let points = [(1, 10), (2, 100), (3, 1000)].map { point($0.1, 0.1 * Double($0.0), size: 1 + Double($0.0), number: 2, snr: .ratio(4)) }
        let fits = try #require(SweepFits(points, resamples: 100))
        #expect(isClose(fits.clusterSize?.perDecade, 1))
        #expect(isClose(fits.clusterSize?.greatestOverLeast, 2))
        #expect(isClose(fits.clustersPerFilter?.perDecade, 0) && isClose(fits.clustersPerFilter?.mean, 2))
        #expect(isClose(fits.signalToNoise?.perDecade, 0))
    }

    @Test func tooFewNumbersOfLabels() {
        #expect(SweepFits([], resamples: 100) == nil)
        #expect(SweepFits([point(3, 0.1), point(3, 0.2), point(5, 0.3), point(5, 0.3)], resamples: 100) == nil)
    }

    @Test func linearErrorVerdicts() throws {
        let thresholds = SweepThresholds()
        #expect(Claim.linearError(SweepFits(nearlyLinear, resamples: 200), thresholds: thresholds).verdict == .upheld)
        // √K: the parabola is the better description.
        let bent = [3, 3, 5, 5, 10, 10, 20, 20, 50, 50, 100, 100].enumerated().map {
            point($0.element, 0.05 * Double($0.element).squareRoot() + ($0.offset % 2 == 0 ? 0.002 : -0.002))
        }
        #expect(Claim.linearError(SweepFits(bent, resamples: 200), thresholds: thresholds).verdict == .notUpheld)
        let falling = nearlyLinear.map { point($0.labels, 1 - $0.error) }
        #expect(Claim.linearError(SweepFits(falling, resamples: 200), thresholds: thresholds).verdict == .notUpheld)
        guard case .notTested = Claim.linearError(nil, thresholds: thresholds).verdict else {
            Issue.record("a verdict without a sweep")
            return
        }
        // Four points are too few to weigh a parabola against a line.
        let few = [point(3, 0.1), point(5, 0.2), point(7, 0.25), point(10, 0.4)]
        guard case .notTested(let missing) = Claim.linearError(SweepFits(few, resamples: 200), thresholds: thresholds).verdict else {
            Issue.record("a verdict from four points")
            return
        }
        #expect(missing.contains("six"))
    }

    @Test func universalityVerdicts() {
        func verdict(_ points: [SweepEvidence]) -> Verdict {
            Claim.universality(SweepFits(points, resamples: 200), points: points, thresholds: SweepThresholds()).verdict
        }
        #expect(verdict(nearlyLinear) == .upheld)
        #expect(verdict(nearlyLinear.map { point($0.labels, $0.error, snr: .ratio(4.9)) }) == .notUpheld)
        #expect(verdict(nearlyLinear.map { point($0.labels, $0.error, snr: $0.labels == 3 ? .noNoise : .ratio(6)) }) == .upheld)
        #expect(verdict(nearlyLinear.map { point($0.labels, $0.error, size: Double($0.labels)) }) == .notUpheld)
        guard case .notTested = verdict(nearlyLinear.map { point($0.labels, $0.error, size: nil) }) else {
            Issue.record("a verdict without clusters")
            return
        }
        guard case .notTested = verdict(nearlyLinear.map { point($0.labels, $0.error, snr: $0.labels == 20 ? .undefined : .ratio(9)) }) else {
            Issue.record("a verdict where a K says nothing")
            return
        }
    }
}
