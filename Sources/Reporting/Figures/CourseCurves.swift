/// Learning curves from the metrics of a run.
struct CourseCurves {
    let metrics: [MetricPoint]
    let layers: [String]

    func charts() -> [(chart: Chart, caption: String)] { [loss(), accuracy(), heads()].compactMap { $0 } }

    private func points(_ phase: String, _ name: String, layer: String? = nil, scale: Double = 1) -> [Chart.Point] {
        metrics.filter { $0.phase == phase && $0.name == name && $0.layer == layer && $0.value.isFinite }
            .map { Chart.Point(x: $0.epoch, y: $0.value * scale) }
    }

    private func loss() -> (Chart, String)? {
        let raw = points("training", "loss")
        guard raw.count > 1 else { return nil }
        var chart = Chart(
            title: "Training loss", xLabel: "epoch", yLabel: "training loss",
            series: [
                .init(name: "of each step", points: Self.thinned(raw, to: 600), style: .thinLine, color: "#8fb3cf"),
                .init(name: "smoothed", points: Self.thinned(Self.smoothed(raw), to: 300), style: .line, color: Palette.blue),
            ])
        chart.legendColumns = 2
        chart.xFromZero = true
        return (chart, "Loss of the network on its training batches; smoothed over a fortieth of the steps.")
    }

    private func accuracy() -> (Chart, String)? {
        let train = points("training", "accuracy", scale: 100)
        let test = points("training", "test_accuracy", scale: 100)
        // A network that was not trained has one point, at epoch 0: no axis to draw it on.
        guard train.count > 1 || test.contains(where: { $0.x > 0 }) else { return nil }
        var series: [Chart.Series] = []
        if train.count > 1 {
            series.append(.init(name: "training batches", points: Self.thinned(Self.smoothed(train), to: 300), style: .line, color: Palette.grey))
        }
        if !test.isEmpty { series.append(.init(name: "test images", points: test, style: .linePoints, color: Palette.vermilion)) }
        var chart = Chart(title: "Accuracy during training", xLabel: "epoch", yLabel: "accuracy (%)", series: series)
        chart.legendColumns = 2
        chart.xFromZero = true
        return (chart, "Accuracy of the network on its training batches (smoothed; with augmentation, if the recipe asks for it) and on the test images.")
    }

    /// The heads' test accuracy where it was measured along the way, else their training loss.
    private func heads() -> (Chart, String)? {
        for (name, label, scale, caption) in [
            ("test_accuracy", "accuracy (%)", 100.0, "Test accuracy of the heads"),
            ("accuracy", "training accuracy (%)", 100.0, "Accuracy of the heads on their training batches, smoothed"),
            ("loss", "training loss", 1.0, "Training loss of the heads, smoothed"),
        ] {
            let curves = layers.enumerated().compactMap { index, layer -> Chart.Series? in
                let raw = points("heads", name, layer: layer, scale: scale)
                guard raw.count > 1 else { return nil }
                let shown = name == "test_accuracy" ? raw : Self.smoothed(raw)
                return .init(name: layer, points: Self.thinned(shown, to: 150), style: .line, color: Palette.sequence(index, of: layers.count))
            }
            guard !curves.isEmpty else { continue }
            var chart = Chart(title: caption, xLabel: "epoch of the heads", yLabel: label, series: curves)
            chart.legendColumns = 4
            chart.xFromZero = true
            chart.height = 264 + 16 * ((curves.count + 3) / 4)
            return (chart, caption + ", light for early layers to dark for late ones.")
        }
        return nil
    }

    /// A moving mean over a fortieth of the points, centred except at the end.
    static func smoothed(_ points: [Chart.Point]) -> [Chart.Point] {
        let reach = max(1, points.count / 80)
        var sums = [0.0]
        for point in points { sums.append(sums[sums.count - 1] + point.y) }
        return points.indices.map { index in
            // Narrower at the steep start; one-sided at the end, where one step's noise would show as a trend.
            let low = index - min(reach, index)
            let high = min(points.count, index + min(reach, index) + 1)
            return Chart.Point(x: points[index].x, y: (sums[high] - sums[low]) / Double(high - low))
        }
    }

    /// At most about `count` points, evenly spaced, first and last among them.
    static func thinned(_ points: [Chart.Point], to count: Int) -> [Chart.Point] {
        guard points.count > count else { return points }
        return (0..<count).map { points[$0 * (points.count - 1) / (count - 1)] }
    }
}
