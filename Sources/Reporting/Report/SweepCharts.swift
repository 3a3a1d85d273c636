import Foundation
import Mechanism

/// A sweep's charts.
struct SweepCharts {
    let document: SweepDocument

    /// Every chart of the page.
    var all: [Drawing] { [error] + trends }

    var error: Drawing {
        var series: [Chart.Series] = []
        if let line = document.fits?.error {
            series.append(.init(name: "95 % band", points: band(line), style: .area, color: "#dbe6ef"))
            series.append(.init(name: "line", points: line.band.map { .init(x: $0.labels, y: 100 * $0.value) }, style: .line, color: Palette.blue))
        }
        series += bySeed { 100 * $0.testError }
        var chart = Chart(title: "Test error against the number of labels", xLabel: "labels K", yLabel: "test error (%)", series: series)
        chart.width = 760
        chart.height = 360
        chart.legendColumns = 5
        chart.yFromZero = true
        chart.xFromZero = true
        return drawing(chart, "error", "Each dot is a network trained on its own draw of labels, its colour the seed's. The line is the least squares' over all of them, its band the bootstrap's over seeds.")
    }

    var trends: [Drawing] {
        [
            trend("Mean cluster size", "labels per cluster", "size", document.fits?.clusterSize, \.meanClusterSize),
            trend("Clusters per filter", "clusters per active filter", "number", document.fits?.clustersPerFilter, \.meanClustersPerFilter),
            trend("Signal-to-noise ratio", "SNR", "snr", document.fits?.signalToNoise, \.signalToNoise.ratio),
        ].compactMap { $0 }
    }

    private func trend(
        _ title: String, _ axis: String, _ id: String, _ fit: SweepFits.Trend?, _ value: (SweepDocument.Point) -> Double?
    ) -> Drawing? {
        let dots = points(document.points, value)
        guard !dots.isEmpty else { return nil }
        var series = bySeed(value)
        var caption = "\(title) against the number of labels."
        if let fit, let least = dots.map(\.x).min(), let greatest = dots.map(\.x).max() {
            series.append(.init(
                name: "", points: [least, greatest].map { .init(x: $0, y: fit.intercept + fit.perDecade * log10($0)) }, style: .dashed,
                color: Palette.blue))
            caption += " Change per tenfold K: \(NumberText.fixed(fit.perDecade, 2)), 95 % interval \(NumberText.fixed(fit.perDecadeInterval.lower, 2))"
                + " to \(NumberText.fixed(fit.perDecadeInterval.upper, 2))."
            if let ratio = fit.greatestOverLeast { caption += " Greatest over least mean: \(NumberText.fixed(ratio, 2))." }
        }
        let missing = document.points.count - dots.count
        if missing > 0 { caption += " \(missing) of \(document.points.count) networks have no value here." }
        var chart = Chart(title: "\(title) against the number of labels", xLabel: "labels K (logarithmic)", yLabel: axis, series: series)
        chart.legendColumns = 3
        chart.xLogarithmic = true
        chart.xMarks = Set(document.points.map(\.labels)).sorted().map { (Double($0), "\($0)") }
        chart.yFromZero = true
        return drawing(chart, id, caption)
    }

    /// Seeds in colours of their own, as far as there are colours.
    private func bySeed(_ value: (SweepDocument.Point) -> Double?) -> [Chart.Series] {
        let seeds = Set(document.points.map(\.seed)).sorted()
        let colors = [Palette.vermilion, Palette.green, Palette.purple, Palette.amber, Palette.ink]
        guard seeds.count <= colors.count else {
            return [.init(name: "a network", points: points(document.points, value), style: .dots, color: Palette.vermilion)]
        }
        return zip(seeds, colors).map { seed, color in
            .init(name: "seed \(seed)", points: points(document.points.filter { $0.seed == seed }, value), style: .dots, color: color)
        }.filter { !$0.points.isEmpty }
    }

    /// Along the lower edge and back along the upper one.
    private func band(_ line: SweepFits.Line) -> [Chart.Point] {
        line.band.map { .init(x: $0.labels, y: 100 * $0.lower) } + line.band.reversed().map { .init(x: $0.labels, y: 100 * $0.upper) }
    }

    private func points(_ networks: [SweepDocument.Point], _ value: (SweepDocument.Point) -> Double?) -> [Chart.Point] {
        networks.compactMap { point in value(point).map { Chart.Point(x: Double(point.labels), y: $0) } }
    }

    private func drawing(_ chart: Chart, _ id: String, _ caption: String) -> Drawing {
        Drawing(id: "sweep-\(id)", content: chart, caption: caption)
    }
}
