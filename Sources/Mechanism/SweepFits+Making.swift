import Foundation
import Tensors

/// What phase 4 measured at one number of labels with one seed.
public struct SweepEvidence: Hashable, Sendable {
    public var labels: Int
    /// Test error, 0 to 1.
    public var error: Double
    /// C_s and N_c over the filters with a cluster; nil where there is none.
    public var clusterSize: Double?
    public var clustersPerFilter: Double?
    public var signalToNoise: SignalToNoise

    public init(labels: Int, error: Double, clusterSize: Double?, clustersPerFilter: Double?, signalToNoise: SignalToNoise) {
        self.labels = labels
        self.error = error
        self.clusterSize = clusterSize
        self.clustersPerFilter = clustersPerFilter
        self.signalToNoise = signalToNoise
    }
}

extension SweepFits {
    /// Fits over all points, each seed one point, with 95 % intervals by the bootstrap over seeds: a resample draws, at each K, as
    /// many of its seeds as it has, with replacement. A K with a single seed has nothing to draw from: its point is moved by a
    /// deviation drawn from those of all K with several seeds about their K's mean, made larger by √(n/(n−1)); without any
    /// such K, from the residuals of the fit. The draws depend on nothing but the points' order and number.
    /// - Returns: nil for fewer than three numbers of labels.
    public init?(_ points: [SweepEvidence], resamples: Int) {
        let bootstrap = Bootstrap(resamples: resamples)
        let error = points.map { Bootstrap.Point(labels: $0.labels, value: $0.error) }
        guard Set(points.map(\.labels)).count >= 3, let line = bootstrap.line(error) else { return nil }
        let x = error.map { Double($0.labels) }
        let y = error.map(\.value)
        let ofLine = LeastSquaresLine(x, y).flatMap { correctedAkaike(residualSquares: $0.residualSquares, count: x.count, parameters: 3) }
        let ofParabola = parabolaResidualSquares(x, y).flatMap { correctedAkaike(residualSquares: $0, count: x.count, parameters: 4) }
        func trend(_ value: (SweepEvidence) -> Double?) -> Trend? {
            let points = points.compactMap { point in value(point).map { Bootstrap.Point(labels: point.labels, value: $0) } }
            return Set(points.map(\.labels)).count >= 3 ? bootstrap.trend(points) : nil
        }
        self.init(
            error: line, linearAICc: ofLine, quadraticAICc: ofParabola, clusterSize: trend(\.clusterSize),
            clustersPerFilter: trend(\.clustersPerFilter), signalToNoise: trend(\.signalToNoise.ratio), alpha: Bootstrap.alpha,
            resamples: resamples)
    }
}

/// Resamples of points by their number of labels.
private struct Bootstrap {
    struct Point {
        let labels: Int
        let value: Double
    }

    static let alpha = 0.05
    let resamples: Int

    func line(_ points: [Point]) -> SweepFits.Line? {
        let x = points.map { Double($0.labels) }
        guard let fit = LeastSquaresLine(x, points.map(\.value)) else { return nil }
        let fits = refits(points, x, fit)
        let (least, greatest) = (x.min() ?? 0, x.max() ?? 0)
        let band = (0...40).map { step in
            let labels = least + (greatest - least) * Double(step) / 40
            let range = interval(fits.map { $0.value(at: labels) })
            return SweepFits.BandPoint(labels: labels, value: fit.value(at: labels), lower: range.lower, upper: range.upper)
        }
        return SweepFits.Line(
            slope: fit.slope, intercept: fit.intercept, rSquared: fit.rSquared, slopeInterval: interval(fits.map(\.slope)),
            interceptInterval: interval(fits.map(\.intercept)), band: band)
    }

    func trend(_ points: [Point]) -> SweepFits.Trend? {
        let x = points.map { log10(Double($0.labels)) }
        guard let fit = LeastSquaresLine(x, points.map(\.value)) else { return nil }
        let means = groups(points).map { group in group.map { points[$0].value }.reduce(0, +) / Double(group.count) }
        let (least, greatest) = (means.min() ?? 0, means.max() ?? 0)
        return SweepFits.Trend(
            mean: means.reduce(0, +) / Double(means.count), perDecade: fit.slope,
            perDecadeInterval: interval(refits(points, x, fit).map(\.slope)), intercept: fit.intercept,
            greatestOverLeast: least > 0 ? greatest / least : nil)
    }

    /// Places of the points of each K, K ascending.
    private func groups(_ points: [Point]) -> [[Int]] {
        Dictionary(grouping: points.indices) { points[$0].labels }.sorted { $0.key < $1.key }.map(\.value)
    }

    private func refits(_ points: [Point], _ x: [Double], _ fit: LeastSquaresLine) -> [LeastSquaresLine] {
        let groups = groups(points)
        var deviations: [Double] = []
        for group in groups where group.count > 1 {
            let count = Double(group.count)
            let mean = group.map { points[$0].value }.reduce(0, +) / count
            deviations += group.map { (points[$0].value - mean) * (count / (count - 1)).squareRoot() }
        }
        if deviations.isEmpty { deviations = points.indices.map { points[$0].value - fit.value(at: x[$0]) } }
        return (0..<resamples).compactMap { resample in
            var stream = RandomStream(seed: 1, purpose: .bootstrap, major: resample)
            var (drawnX, drawnY): ([Double], [Double]) = ([], [])
            for group in groups {
                for place in group {
                    let drawn = group[stream.nextInt(below: group.count)]
                    drawnX.append(x[place])
                    drawnY.append(
                        points[drawn].value + (group.count > 1 ? 0 : deviations[stream.nextInt(below: deviations.count)]))
                }
            }
            return LeastSquaresLine(drawnX, drawnY)
        }
    }

    /// Percentiles, between neighbours in proportion.
    private func interval(_ values: [Double]) -> SweepFits.Interval {
        let sorted = values.sorted()
        func percentile(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let below = Int(place)
            let above = min(below + 1, sorted.count - 1)
            return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
        }
        return SweepFits.Interval(lower: percentile(Self.alpha / 2), upper: percentile(1 - Self.alpha / 2))
    }
}
