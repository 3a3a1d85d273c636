import Diagnostics
import Mechanism
import Reporting
import RunStore

extension Journal {
    /// Figures of layers, filters with their clusters, and figures at further thresholds, in one transaction.
    func record(_ layers: [LayerResult], further: [ThresholdFigures]) throws(Problem) {
        try transaction { () throws(Problem) in
            for (index, layer) in layers.enumerated() {
                try record(layer.journalRow(index))
                try record(layer.filters.map { $0.journalRow(layer: index) })
            }
            try recordThresholdFigures(further.flatMap(\.journalRows))
        }
    }
}

extension LayerResult {
    fileprivate func journalRow(_ index: Int) -> RunStore.LayerRow {
        let figures = figures
        return RunStore.LayerRow(
            layer: index, name: layer, filterCount: figures.filterCount, accuracy: accuracy, activeFilters: figures.activeFilters,
            silentFilters: figures.silentFilters, active: journalMeans(figures.active), all: journalMeans(figures.all),
            signal: figures.signal, noisePerLabel: figures.noisePerLabel, snr: figures.signalToNoise.ratio)
    }

    private func journalMeans(_ means: LayerFigures.Means?) -> FilterMeans {
        FilterMeans(
            clustersPerFilter: means?.clustersPerFilter, clusterSize: means?.clusterSize, noise: means?.noise,
            internalNoise: means?.internalNoise, externalNoise: means?.externalNoise)
    }
}

extension FilterResult {
    fileprivate func journalRow(layer: Int) -> FilterRow {
        FilterRow(
            layer: layer, filter: filter, top: Double(top), silent: silent, clusters: clusters, noise: noise,
            internalNoise: internalNoise, externalNoise: externalNoise, margin: margin)
    }
}

extension ThresholdFigures {
    fileprivate var journalRows: [ThresholdFiguresRow] {
        layers.enumerated().map { index, row in
            ThresholdFiguresRow(
                layer: index, threshold: threshold, activeFilters: row.activeFilters, silentFilters: row.silentFilters,
                clustersPerFilter: row.meanClustersPerFilter, clusterSize: row.meanClusterSize, noise: row.meanNoise, signal: row.signal,
                noisePerLabel: row.noisePerLabel, snr: row.signalToNoise.ratio)
        }
    }
}
