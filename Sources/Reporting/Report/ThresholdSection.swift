import Diagnostics
import Mechanism

/// How figures of the first, the middle and the last layer vary with the threshold; all layers' are in `results/thresholds.csv`.
enum ThresholdSection {
    /// Empty where no further threshold was asked for.
    static func html(_ further: [LayersAtThreshold], own: RunSummary, gnuplot: Gnuplot) throws(Problem) -> String {
        let drawings = drawings(further, own: own)
        guard !drawings.isEmpty else { return "" }
        let text = HTML.paragraph(
            "The verdicts rest on the threshold \(NumberText.plain(own.threshold)). Shown is what other thresholds would give for the first, the middle "
                + "and the last layer, as far as the figures have values there; <code>results/thresholds.csv</code> has every layer.")
        return HTML.section("thresholds", "How the figures vary with the threshold", text + (try drawings.html(gnuplot, class: "charts halves")))
    }

    static func drawings(_ further: [LayersAtThreshold], own: RunSummary) -> [Drawing] {
        let rows = (further.filter { $0.threshold != own.threshold } + [LayersAtThreshold(threshold: own.threshold, layers: own.layers.map(ThresholdRow.init))])
            .sorted { $0.threshold < $1.threshold }
        let names = ExampleRule.layers(of: own.layers.count).map { own.layers[$0].layer }
        guard rows.count > 1, !names.isEmpty else { return [] }
        var drawings: [Drawing] = []
        let figures: [(id: String, title: String, axis: String, value: (ThresholdRow) -> Double?)] = [
            ("number", "Clusters per filter", "clusters per active filter", \.meanClustersPerFilter),
            ("size", "Mean cluster size", "labels per cluster", \.meanClusterSize),
            ("noise", "Noise per filter", "noise per active filter (bits)", \.meanNoise),
            ("snr", "Signal-to-noise ratio", "signal-to-noise ratio", \.signalToNoise.ratio),
        ]
        for figure in figures {
            let series = names.enumerated().map { index, name in
                Chart.Series(
                    name: name,
                    points: rows.compactMap { row in
                        row.layers.first { $0.layer == name }.flatMap(figure.value).map { Chart.Point(x: row.threshold, y: $0) }
                    }, style: .linePoints, color: Palette.series[index])
            }.filter { $0.points.count > 1 }
            guard !series.isEmpty else { continue }
            var chart = Chart(title: "\(figure.title) against the threshold", xLabel: "threshold", yLabel: figure.axis, series: series)
            chart.legendColumns = 3
            chart.yFromZero = true
            chart.width = 480
            drawings.append(Drawing(id: "threshold-\(figure.id)", content: chart, caption: "\(figure.title) against the threshold."))
        }
        return drawings
    }
}
