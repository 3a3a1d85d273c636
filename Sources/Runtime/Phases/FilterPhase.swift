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
    let filtersPerUnit: Int
    let labels: Int
    let waitSeconds: Double

    /// The filters of each layer, in order.
    /// - Parameters:
    ///   - layers: their names.
    ///   - labelMeans: one a layer, [K, H, W, F], over the maps that the heads see (pooled where the heads pool).
    ///   - headWeights: one a layer, [K, H·W·F] channels last.
    func run(
        layers: [String], labelMeans: [Tensor], headWeights: [FloatBuffer], on cluster: Cluster
    ) throws -> [[FilterResult]] {
        var assignments: [WorkUnit] = []
        var layerOf: [UInt64: Int] = [:]
        for (layer, means) in labelMeans.enumerated() {
            let positions = means.shape[1] * means.shape[2]
            let filters = means.shape[3]
            for first in stride(from: 0, to: filters, by: filtersPerUnit) {
                let count = min(filtersPerUnit, filters - first)
                let unit = FilterUnit(
                    layer: layers[layer], firstFilter: first, filterCount: count, threshold: threshold, labels: labels,
                    positions: positions)
                let assignment = cluster.assignment(.filters(unit), needs: [], tensors: [
                    columns(of: means, first, count, positions: positions, filters: filters, name: "label-means"),
                    columns(of: headWeights[layer], first, count, positions: positions, filters: filters, name: "weights"),
                ])
                layerOf[assignment.id] = layer
                assignments.append(assignment)
            }
        }
        var results = labelMeans.map { [FilterResult?](repeating: nil, count: $0.shape[3]) }
        try cluster.perform(assignments, interruptible: true, waitSeconds: waitSeconds) { assignment, result in
            guard let layer = layerOf[assignment.id], case .filters(let unit) = assignment.work else { return }
            for row in try FilterRows.decode(result, unit: unit) { results[layer][row.filter] = row }
        }
        return try results.enumerated().map { layer, rows in
            try rows.enumerated().map { filter, row in
                guard let row else { throw Problem("filter \(filter) of \(layers[layer]) was not measured") }
                return row
            }
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
        let filters = try run(
            layers: names, labelMeans: means, headWeights: headSet.layout.entries.map { heads.buffer($0) }, on: cluster)
        return names.indices.map { index in
            LayerResult(
                layer: names[index], accuracy: survey.headAccuracies[index], labels: headSet.labels, filters: filters[index])
        }
    }

    /// The figures of each layer at further thresholds, each threshold a pass of its own over the same means and heads.
    func run(
        further thresholds: [Double], _ headSet: HeadSet, heads: ParameterVector, survey: Survey.Outcome, on cluster: Cluster
    ) throws -> [ThresholdFigures] {
        try thresholds.map { threshold in
            let phase = FilterPhase(threshold: threshold, filtersPerUnit: filtersPerUnit, labels: labels, waitSeconds: waitSeconds)
            return ThresholdFigures(
                threshold: threshold, layers: try phase.run(headSet, heads: heads, survey: survey, on: cluster).map(\.row))
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
