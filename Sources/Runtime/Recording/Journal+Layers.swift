import Diagnostics
import Mechanism
import Reporting
import RunStore

extension Journal {
    /// Records what phases 2 and 3 found: layers, filters, clusters and the figures at further thresholds.
    func record(_ layers: [LayerResult]) throws(Problem) {
        try transaction { () throws(Problem) in
            for (index, layer) in layers.enumerated() { try record(row(index, layer)) }
            for (index, layer) in layers.enumerated() { try record(layer.filters.map { row(index, $0) }) }
            try recordThresholdFigures(layers.enumerated().flatMap { index, layer in layer.thresholds.map { row(index, $0) } })
        }
    }
}

private func row(_ index: Int, _ layer: LayerResult) -> RunStore.LayerRow {
    let figures = layer.figures
    return RunStore.LayerRow(
        layer: index, name: layer.layer, filterCount: figures.filterCount, accuracy: layer.accuracy,
        activeFilters: figures.activeFilters, silentFilters: figures.silentFilters, active: means(figures.active),
        all: means(figures.all), signal: figures.signal, noisePerLabel: figures.noisePerLabel,
        snr: figures.signalToNoise.ratio)
}

private func means(_ means: LayerFigures.Means?) -> FilterMeans {
    FilterMeans(
        clustersPerFilter: means?.clustersPerFilter, clusterSize: means?.clusterSize, noise: means?.noise,
        internalNoise: means?.internalNoise, externalNoise: means?.externalNoise)
}

private func row(_ layer: Int, _ filter: FilterResult) -> FilterRow {
    FilterRow(
        layer: layer, filter: filter.filter, top: Double(filter.top), silent: filter.silent, clusters: filter.clusters,
        noise: filter.noise, internalNoise: filter.internalNoise, externalNoise: filter.externalNoise, margin: filter.margin)
}

private func row(_ layer: Int, _ figures: ThresholdFigures) -> ThresholdFiguresRow {
    let means = figures.tally.activeMeans
    return ThresholdFiguresRow(
        layer: layer, threshold: figures.threshold, activeFilters: figures.tally.active, silentFilters: figures.tally.silent,
        meanClustersPerFilter: means?.clustersPerFilter, meanClusterSize: means?.clusterSize, meanNoise: means?.noise,
        signal: figures.signal, noisePerLabel: figures.noisePerLabel, snr: figures.signalToNoise.ratio)
}
