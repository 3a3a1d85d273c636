/// Charts with a line for each run, in the run's colour.
struct ComparisonCharts {
    let runs: [ComparedRun]

    /// Whether all runs have the same layers, so that a place on the axis is a layer.
    private var sameLayers: Bool { runs.allSatisfy { $0.summary.layers.map(\.layer) == runs[0].summary.layers.map(\.layer) } }

    var layerDrawings: [Drawing] {
        [
            byLayer("accuracy", "Accuracy of each layer's head", "accuracy of the head (%)", "How well an image can be named from each layer's output alone.") {
                $0.accuracy.map { 100 * $0 }
            },
            byLayer("snr", "Signal-to-noise ratio of each layer", "signal-to-noise ratio", "Signal-to-noise ratio; layers without noise have none and no mark.") {
                $0.signalToNoise.ratio
            },
            byLayer("noise", "Noise per filter of each layer", "noise per active filter (bits)", "How many wrong pairs of labels the average active filter speaks for.") {
                $0.meanNoise
            },
            byLayer("number", "Clusters per filter of each layer", "clusters per active filter", "How many separate groups of labels a filter vouches for.") {
                $0.meanClustersPerFilter
            },
            byLayer("size", "Cluster size of each layer", "labels per cluster", "How many labels such a group has.") { $0.meanClusterSize },
            byLayer("active", "Active filters of each layer", "active filters (%)", "Filters with at least one cluster, of all filters of the layer.") {
                $0.filters > 0 ? 100 * Double($0.activeFilters) / Double($0.filters) : nil
            },
        ].compactMap { $0 }
    }

    private func byLayer(_ id: String, _ title: String, _ axis: String, _ caption: String, _ value: (LayerRow) -> Double?) -> Drawing? {
        var series: [Chart.Series] = []
        for run in runs {
            let layers = run.summary.layers
            let points = layers.enumerated().compactMap { index, row in value(row).map { Chart.Point(x: place(index, of: layers.count), y: $0) } }
            if !points.isEmpty { series.append(.init(name: run.letter, points: points, style: .linePoints, color: run.color)) }
        }
        guard !series.isEmpty else { return nil }
        var chart = Chart(title: title, xLabel: "", yLabel: axis, series: series)
        chart.legendColumns = 6
        // Runs of other networks may lie far apart.
        let values = series.flatMap(\.points).map(\.y)
        if let least = values.min(), let greatest = values.max(), least > 0, greatest / least > 30, id != "active" { chart.yLogarithmic = true }
        // All of them active is common, and no axis for it goes beyond.
        if id == "active" { chart.yRange = 0...105 }
        if sameLayers {
            let names = runs[0].summary.layers.map(\.layer)
            let numbered = names.enumerated().allSatisfy { $1 == "conv\($0 + 1)" }
            chart.xLabel = numbered ? "convolution" : ""
            chart.xMarks = names.enumerated().map { (Double($0 + 1), numbered ? "\($0 + 1)" : $1) }
        } else {
            chart.xLabel = "share of the network's layers (%)"
            chart.xFromZero = true
        }
        return Drawing(id: "compared-\(id)", content: chart, caption: caption)
    }

    private func place(_ index: Int, of count: Int) -> Double {
        sameLayers ? Double(index + 1) : 100 * Double(index + 1) / Double(count)
    }

    var courseDrawings: [Drawing] {
        [
            course("loss", "Training loss", "training loss", "Loss of the networks on their training batches, smoothed over a fortieth of the steps.") { run in
                CourseCurves.thinned(CourseCurves.smoothed(points(run, "loss")), to: 300)
            },
            course("test", "Test accuracy during training", "test accuracy (%)", "Accuracy on the test images, where it was measured along the way.") { run in
                points(run, "test_accuracy", scale: 100)
            },
            course("rate", "Learning rate", "learning rate", "The learning rate of each step.") { run in CourseCurves.thinned(points(run, "learning_rate"), to: 300) },
        ].compactMap { $0 }
    }

    private func points(_ run: ComparedRun, _ name: String, scale: Double = 1) -> [Chart.Point] {
        run.input.metrics.filter { $0.phase == "training" && $0.name == name && $0.layer == nil && $0.value.isFinite }
            .map { Chart.Point(x: $0.epoch, y: $0.value * scale) }
    }

    private func course(_ id: String, _ title: String, _ axis: String, _ caption: String, _ points: (ComparedRun) -> [Chart.Point]) -> Drawing? {
        let series = runs.compactMap { run -> Chart.Series? in
            let own = points(run)
            guard own.count > 1 else { return nil }
            return .init(name: run.letter, points: own, style: id == "test" ? .linePoints : .line, color: run.color)
        }
        guard !series.isEmpty else { return nil }
        var chart = Chart(title: title, xLabel: "epoch", yLabel: axis, series: series)
        chart.legendColumns = 6
        chart.xFromZero = true
        return Drawing(id: "compared-\(id)", content: chart, caption: caption)
    }
}
