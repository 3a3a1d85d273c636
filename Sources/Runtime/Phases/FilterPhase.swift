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
    /// - Parameters:
    ///   - layers: their names.
    ///   - labelMeans: one a layer, [K, H, W, F], over the maps that the heads see (pooled where the heads pool).
    ///   - headWeights: one a layer, [K, H·W·F] channels last.
    func run(
        layers: [String], labelMeans: [Tensor], headWeights: [FloatBuffer], on cluster: Cluster
    ) throws -> [(filters: [FilterResult], thresholds: [ThresholdFigures])] {
        var assignments: [WorkUnit] = []
        var layerOf: [UInt64: Int] = [:]
        for (layer, means) in labelMeans.enumerated() {
            let positions = means.shape[1] * means.shape[2]
            let filters = means.shape[3]
            for first in stride(from: 0, to: filters, by: filtersPerUnit) {
                let count = min(filtersPerUnit, filters - first)
                let unit = FilterUnit(
                    layer: layers[layer], firstFilter: first, filterCount: count, threshold: threshold,
                    thresholds: thresholds.isEmpty ? nil : thresholds, labels: labels, positions: positions)
                let weights = headWeights[layer]
                let assignment = cluster.assignment(.filters(unit), needs: []) {
                    [
                        columns(of: means, first, count, positions: positions, filters: filters, name: "label-means"),
                        columns(of: weights, first, count, positions: positions, filters: filters, name: "weights"),
                    ]
                }
                layerOf[assignment.id] = layer
                assignments.append(assignment)
            }
        }
        var results = labelMeans.map { [FilterResult?](repeating: nil, count: $0.shape[3]) }
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
        let means = try zip(names, survey.labelMeans).map { name, means in
            do throws(MechanismFault) {
                return try means.means(layer: name)
            } catch {
                throw error.problem
            }
        }
        let measured = try run(
            layers: names, labelMeans: means, headWeights: headSet.layout.entries.map { heads.buffer($0) }, on: cluster)
        return names.indices.map { index in
            LayerResult(
                layer: names[index], accuracy: survey.headAccuracies.isEmpty ? nil : survey.headAccuracies[index], labels: headSet.labels, filters: measured[index].filters,
                thresholds: measured[index].thresholds)
        }
    }

    private func columns(
        of tensor: Tensor, _ first: Int, _ count: Int, positions: Int, filters: Int, name: String
    ) -> WireTensor {
        tensor.withBuffer { columns(of: $0, first, count, positions: positions, filters: filters, name: name) }
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
        return slice.withBuffer { WireTensor(name, [labels, positions, count], floats: $0) }
    }
}
