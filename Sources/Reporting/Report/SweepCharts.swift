import Diagnostics
import Foundation
import Mechanism

/// A sweep's charts, drawn by gnuplot.
struct SweepCharts {
    let document: SweepDocument
    let gnuplot: Gnuplot

    func error() throws(Problem) -> String {
        var series: [Chart.Series] = []
        if let line = document.fits?.error {
            series.append(.init(name: "95 % band", points: line.band.map { .init(x: $0.labels, y: 100 * $0.lower) }, style: .thinLine, color: Palette.grey))
            series.append(.init(name: "", points: line.band.map { .init(x: $0.labels, y: 100 * $0.upper) }, style: .thinLine, color: Palette.grey))
            series.append(.init(name: "line", points: line.band.map { .init(x: $0.labels, y: 100 * $0.value) }, style: .line, color: Palette.blue))
        }
        series.append(.init(name: "a network", points: points { 100 * $0.testError }, style: .dots, color: Palette.vermilion))
        var chart = Chart(title: "Test error against the number of labels", xLabel: "labels K", yLabel: "test error (%)", series: series)
        chart.width = 640
        chart.xFromZero = true
        return try figure(chart, "error", "Each dot is a network of its own draw of labels. The line is the least squares' over all of them, its band the bootstrap's over seeds.")
    }

    func clusters() throws(Problem) -> String {
        var html = "<div class=\"charts\">\n"
        html += try trend("Mean cluster size", "labels per cluster", "size", document.fits?.clusterSize, \.meanClusterSize)
        html += try trend("Clusters per filter", "clusters per active filter", "number", document.fits?.clustersPerFilter, \.meanClustersPerFilter)
        html += try trend("Signal-to-noise ratio", "SNR", "snr", document.fits?.signalToNoise, \.signalToNoise.ratio)
        return html + "</div>\n"
    }

    private func trend(
        _ title: String, _ axis: String, _ id: String, _ fit: SweepFits.Trend?, _ value: (SweepDocument.Point) -> Double?
    ) throws(Problem) -> String {
        let dots = points(value)
        guard !dots.isEmpty else { return "" }
        var series = [Chart.Series(name: "", points: dots, style: .dots, color: Palette.vermilion)]
        var caption = "\(title) against the number of labels."
        if let fit, let least = dots.map(\.x).min(), let greatest = dots.map(\.x).max() {
            series.append(.init(
                name: "", points: [least, greatest].map { .init(x: $0, y: fit.intercept + fit.perDecade * log10($0)) }, style: .dashed,
                color: Palette.blue))
            caption += " Change per tenfold K: \(NumberText.fixed(fit.perDecade, 2)), 95 % interval \(NumberText.fixed(fit.perDecadeInterval.lower, 2))"
                + " to \(NumberText.fixed(fit.perDecadeInterval.upper, 2))."
            if let ratio = fit.greatestOverLeast { caption += " Greatest over least mean: \(NumberText.fixed(ratio, 2))." }
        }
        var chart = Chart(title: "\(title) against the number of labels", xLabel: "labels K (logarithmic)", yLabel: axis, series: series)
        chart.legend = false
        chart.xLogarithmic = true
        chart.yFromZero = true
        return try figure(chart, id, caption)
    }

    private func points(_ value: (SweepDocument.Point) -> Double?) -> [Chart.Point] {
        document.points.compactMap { point in value(point).map { Chart.Point(x: Double(point.labels), y: $0) } }
    }

    private func figure(_ chart: Chart, _ id: String, _ caption: String) throws(Problem) -> String {
        HTML.figure(try gnuplot.svg(chart, prefix: "sweep-\(id)"), caption: caption)
    }
}
