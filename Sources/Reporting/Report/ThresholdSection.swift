import Diagnostics

/// How the last layer's figures vary with the threshold, and all layers' in `results/thresholds.csv`.
enum ThresholdSection {
    /// Empty where no further threshold was asked for.
    static func html(_ further: [ThresholdFigures], own: RunSummary, gnuplot: Gnuplot) throws(Problem) -> String {
        guard !further.isEmpty, let last = own.layers.last else { return "" }
        let others = further.compactMap { one in one.layers.last.map { (one.threshold, $0) } }.filter { $0.0 != own.threshold }
        let rows = (others + [(own.threshold, last)]).sorted { $0.0 < $1.0 }
        var html = "<div class=\"charts\">\n"
        let figures: [(id: String, title: String, axis: String, value: (LayerRow) -> Double?)] = [
            ("number", "Clusters per filter", "clusters per active filter", \.meanClustersPerFilter),
            ("size", "Mean cluster size", "labels per cluster", \.meanClusterSize),
            ("noise", "Noise per filter", "noise per active filter (bits)", \.meanNoise),
            ("snr", "Signal-to-noise ratio", "SNR", \.signalToNoise.ratio),
        ]
        for figure in figures {
            let points = rows.compactMap { row in figure.value(row.1).map { Chart.Point(x: row.0, y: $0) } }
            guard points.count > 1 else { continue }
            var chart = Chart(
                title: "\(figure.title) against the threshold", xLabel: "threshold", yLabel: figure.axis,
                series: [.init(name: "", points: points, style: .linePoints, color: Palette.blue)])
            chart.legend = false
            chart.yFromZero = true
            html += HTML.figure(
                try gnuplot.svg(chart, prefix: "threshold-\(figure.id)"), caption: "\(figure.title) of \(HTML.escaped(last.layer)) against the threshold.")
        }
        return HTML.section("thresholds", "How the figures vary with the threshold", html + "</div>\n")
    }
}
