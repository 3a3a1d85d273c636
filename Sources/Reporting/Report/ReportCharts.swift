import Mechanism

/// The report's charts.
struct ReportCharts {
    private let input: ReportInput

    init(input: ReportInput) { self.input = input }

    /// Every chart of the report.
    var all: [Drawing] {
        layerDrawings + [sizeDrawing].compactMap { $0 } + ThresholdSection.drawings(input.further, own: input.summary)
            + PruningSection.drawings(input.pruned) + courseDrawings
    }

    private var layers: [LayerRow] { input.summary.layers }

    private func points(_ value: (LayerRow) -> Double?) -> [Chart.Point] {
        layers.enumerated().compactMap { index, row in value(row).map { Chart.Point(x: Double(index + 1), y: $0) } }
    }

    /// `1`, `2`, … where layers are named conv1, conv2, …; their names otherwise.
    private func onLayers(_ chart: Chart) -> Chart {
        var chart = chart
        let numbered = layers.enumerated().allSatisfy { $1.layer == "conv\($0 + 1)" }
        chart.xLabel = numbered ? "convolution" : ""
        chart.xMarks = layers.enumerated().map { (Double($0 + 1), numbered ? "\($0 + 1)" : $1.layer) }
        return chart
    }

    // MARK: Layers

    var layerDrawings: [Drawing] {
        guard !layers.isEmpty else { return [] }
        var accuracy = onLayers(Chart(
            title: "Accuracy of each layer's head", xLabel: "", yLabel: "accuracy of the head (%)",
            series: [.init(name: "", points: points { $0.accuracy.map { 100 * $0 } }, style: .linePoints, color: Palette.blue)]))
        accuracy.legend = false
        let noise = onLayers(Chart(
            title: "Noise per filter of each layer", xLabel: "", yLabel: "noise per active filter (bits)",
            series: [
                .init(name: "noise", points: points(\.meanNoise), style: .linePoints, color: Palette.ink),
                .init(name: "internal", points: points(\.meanInternalNoise), style: .linePoints, color: Palette.vermilion),
                .init(name: "external", points: points(\.meanExternalNoise), style: .linePoints, color: Palette.grey),
            ]))
        var drawings: [Drawing] = []
        if layers.contains(where: { $0.accuracy != nil }) {
            drawings.append(Drawing(
                id: "layer-accuracy", content: accuracy, caption: "Accuracy: how well an image can be named from each layer's output alone."))
        }
        if layers.contains(where: { $0.meanNoise != nil }) {
            drawings.append(Drawing(
                id: "layer-noise", content: below(noise), caption: "Noise: how many wrong pairs of labels the average active filter speaks for."))
        }
        if let ratio = ratioChart() {
            drawings.append(Drawing(
                id: "layer-snr", content: ratio.chart, caption: "Signal-to-noise ratio of the layer's filters." + ratio.remark))
        }
        return drawings
    }

    private func below(_ chart: Chart) -> Chart {
        var chart = chart
        chart.legendColumns = 3
        return chart
    }

    /// Layers without noise have no place on the axis: they stand as triangles above every ratio.
    private func ratioChart() -> (chart: Chart, remark: String)? {
        let ratios = points(\.signalToNoise.ratio)
        guard !ratios.isEmpty || layers.contains(where: { $0.signalToNoise == .noNoise }) else { return nil }
        let largest = ratios.map(\.y).max() ?? 1
        let smallest = ratios.map(\.y).min() ?? 1
        let logarithmic = smallest > 0 && largest / smallest > 30
        let above = logarithmic ? largest * 2 : max(largest, 1e-12) * 1.18
        let noNoise = points { $0.signalToNoise == .noNoise ? above : nil }
        var series = [Chart.Series(name: "S / N", points: ratios, style: .linePoints, color: Palette.green)]
        if !noNoise.isEmpty { series.append(.init(name: "no noise", points: noNoise, style: .triangles, color: Palette.vermilion)) }
        if ratios.isEmpty { series.removeFirst() }
        var chart = onLayers(Chart(title: "Signal-to-noise ratio of each layer", xLabel: "", yLabel: "signal-to-noise ratio", series: series))
        chart.yLogarithmic = logarithmic
        chart.legend = !noNoise.isEmpty
        chart.legendColumns = 2
        if ratios.isEmpty { chart.yRange = 0...2 } else if logarithmic { chart.yRange = smallest / 1.5...above * 1.6 }
        let remark = noNoise.isEmpty ? "" : " Triangles mark layers without any noise, where the ratio is undefined; their height means nothing."
        return (chart, remark)
    }

    // MARK: Cluster sizes

    var sizeDrawing: Drawing? {
        let shown = layers.filter { !$0.clusterSizeCounts.isEmpty }
        guard !shown.isEmpty else { return nil }
        return Drawing(
            id: "sizes", content: SizeHistograms(layers: shown),
            caption: "Cluster size (labels) from left to right, share of the layer's clusters upwards. "
                + "The number beside a layer's name is how many clusters its filters have together.", style: "wide")
    }

    // MARK: Course of training

    var courseDrawings: [Drawing] {
        CourseCurves(metrics: input.metrics, layers: layers.map(\.layer)).charts().enumerated().map { index, item in
            Drawing(id: "course-\(index + 1)", content: item.chart, caption: item.caption)
        }
    }
}
