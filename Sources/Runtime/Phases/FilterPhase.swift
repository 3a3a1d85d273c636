import Coordination
import Diagnostics
import Kernels
import Mechanism
import Messages
import Networks
import Reporting
import Tensors

/// Phase 3 on the cluster: every filter of every layer, in ranges of filters.
struct FilterPhase {
    let threshold: Double
    /// Further thresholds, at which each layer's figures are wanted.
    var thresholds: [Double] = []
    let filtersPerUnit: Int
    let labels: Int
    let waitSeconds: Double

    /// The filters of each layer in order, and its figures at each further threshold.
    /// - Throws: `Problem` also where a label has no images.
    /// - Parameters:
    ///   - layers: their names.
    ///   - labelMeans: one a layer, over the maps that the heads see (pooled where the heads pool).
    ///   - headWeights: one a layer, [K, H·W·F] channels last.
    func run(
        layers: [String], labelMeans: [LabelMeans], headWeights: [FloatBuffer], on cluster: Cluster
    ) throws -> [(filters: [FilterResult], thresholds: [ThresholdFigures])] {
        var assignments: [WorkUnit] = []
        var layerOf: [UInt64: Int] = [:]
        for (layer, means) in labelMeans.enumerated() {
            do throws(MechanismFault) { try means.requireImages(layer: layers[layer]) } catch { throw error.problem }
            let (positions, filters) = (means.height * means.width, means.filters)
            for first in stride(from: 0, to: filters, by: filtersPerUnit) {
                let count = min(filtersPerUnit, filters - first)
                let unit = FilterUnit(
                    layer: layers[layer], firstFilter: first, filterCount: count, threshold: threshold,
                    thresholds: thresholds.isEmpty ? nil : thresholds, labels: labels, positions: positions)
                let weights = headWeights[layer]
                let assignment = cluster.assignment(.filters(unit), needs: []) {
                    [
                        WireTensor("label-means", means.means(of: first..<first + count)),
                        columns(of: weights, first, count, positions: positions, filters: filters, name: "weights"),
                    ]
                }
                layerOf[assignment.id] = layer
                assignments.append(assignment)
            }
        }
        cluster.expectResults(ofBytes: FilterRows.largestBytes(filters: filtersPerUnit, labels: labels, thresholds: thresholds.count))
        defer { cluster.expectResults(ofBytes: 0) }
        var results = labelMeans.map { [FilterResult?](repeating: nil, count: $0.filters) }
        var figures = labelMeans.map { _ in thresholds.map { ThresholdFigures(threshold: $0, labels: labels) } }
        try cluster.perform(assignments, interruptible: true, waitSeconds: waitSeconds) { assignment, result in
            guard let layer = layerOf[assignment.id], case .filters(let unit) = assignment.work else { return }
            let measured = try FilterRows.decode(result, unit: unit)
            for row in measured.filters { results[layer][row.filter] = row }
            for (index, tally) in measured.tallies.enumerated() { figures[layer][index].tally.merge(tally) }
        }
        return try results.enumerated().map { layer, rows in
            let filters = try rows.enumerated().map { filter, row in
                guard let row else { throw Problem("filter \(filter) of \(layers[layer]) was not measured") }
                return row
            }
            return (filters, figures[layer])
        }
    }

    /// The layers of a surveyed network with their filters.
    func run(_ headSet: HeadSet, heads: ParameterVector, survey: Survey.Outcome, on cluster: Cluster) throws -> [LayerResult] {
        let names = headSet.heads.map(\.layer)
        let measured = try run(
            layers: names, labelMeans: survey.labelMeans, headWeights: headSet.layout.entries.map { heads.buffer($0) }, on: cluster)
        return names.indices.map { index in
            LayerResult(
                layer: names[index], accuracy: survey.headAccuracies.isEmpty ? nil : survey.headAccuracies[index], labels: headSet.labels,
                filters: measured[index].filters, thresholds: measured[index].thresholds)
        }
    }

    /// The given filters' columns of [K, positions, filters], as [K, positions, count].
    private func columns(
        of buffer: FloatBuffer, _ first: Int, _ count: Int, positions: Int, filters: Int, name: String
    ) -> WireTensor {
        var slice = Tensor([labels, positions, count])
        slice.withMutableBuffer { slice in
            for row in 0..<(labels * positions) {
                slice.slice(row * count, count).copy(from: buffer.slice(row * filters + first, count))
            }
        }
        return WireTensor(name, slice)
    }
}
