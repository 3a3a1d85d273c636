import Diagnostics
import Mechanism
import Messages
import Tensors

/// A filter unit's work and how its results travel: `rows` float64 [filters, 6] (top, silent, noise, internal noise,
/// external noise, margin, or −1 for a silent filter) and `members` int64 [n, 3] (filter, cluster, label), filters by their place in the layer.
enum FilterRows {
    /// Measures the filters of one unit.
    static func compute(_ unit: FilterUnit, tensors: [WireTensor]) throws(Problem) -> [FilterResult] {
        let count = unit.labels * unit.positions * unit.filterCount
        func floats(_ name: String) throws(Problem) -> Tensor {
            guard let tensor = tensors.first(where: { $0.name == name }), tensor.shape.count == count else {
                throw Problem("filter unit of \(unit.layer): tensor \(name) is missing or has another size than \(count)")
            }
            var result = Tensor([unit.labels, unit.positions, unit.filterCount])
            do throws(ProtocolError) {
                try result.withMutableBuffer { (buffer) throws(ProtocolError) in try tensor.floats(into: buffer) }
            } catch {
                throw Problem("filter unit of \(unit.layer): \(error.description)")
            }
            return result
        }
        let labelMeans = try floats("label-means")
        let headWeights = try floats("weights")
        do throws(MechanismFault) {
            // The unit's tensors hold its own filters alone; their places in the layer come back here.
            return try FilterPerformance.measure(
                labelMeans: labelMeans, headWeights: headWeights, filters: 0..<unit.filterCount, threshold: unit.threshold,
                layer: unit.layer
            ).map { result in
                var result = result
                result.filter += unit.firstFilter
                return result
            }
        } catch {
            throw error.problem
        }
    }

    static func encode(_ results: [FilterResult]) -> [WireTensor] {
        var rows: [Double] = []
        for result in results {
            rows += [Double(result.top), result.silent ? 1 : 0, Double(result.noise)]
            rows += [Double(result.internalNoise), Double(result.externalNoise), result.margin ?? -1]
        }
        var members: [Int64] = []
        for result in results {
            for (cluster, labels) in result.clusters.enumerated() {
                for label in labels { members += [Int64(result.filter), Int64(cluster), Int64(label)] }
            }
        }
        return [WireTensor("rows", [results.count, 6], doubles: rows), WireTensor("members", [members.count / 3, 3], int64s: members)]
    }

    static func decode(_ result: UnitResult, unit: FilterUnit) throws(Problem) -> [FilterResult] {
        do throws(ProtocolError) {
            let rows = try result.tensors.tensor("rows").doubles()
            let members = try result.tensors.tensor("members").int64s()
            guard rows.count == unit.filterCount * 6, members.count % 3 == 0 else {
                throw ProtocolError.badTensor(name: "rows", reason: "\(rows.count) figures for \(unit.filterCount) filters")
            }
            var clusters = [[[Int]]](repeating: [], count: unit.filterCount)
            for start in stride(from: 0, to: members.count, by: 3) {
                let filter = Int(members[start]) - unit.firstFilter
                let cluster = Int(members[start + 1])
                let label = Int(members[start + 2])
                guard clusters.indices.contains(filter), (0..<unit.labels).contains(label), cluster >= 0,
                    cluster == clusters[filter].count || cluster == clusters[filter].count - 1
                else { throw ProtocolError.badTensor(name: "members", reason: "an impossible cluster member") }
                if cluster == clusters[filter].count { clusters[filter].append([]) }
                clusters[filter][cluster].append(label)
            }
            return (0..<unit.filterCount).map { index in
                FilterResult(
                    filter: unit.firstFilter + index, top: Float(rows[index * 6]), silent: rows[index * 6 + 1] != 0,
                    clusters: clusters[index], noise: Int(exactly: rows[index * 6 + 2]) ?? -1,
                    internalNoise: Int(exactly: rows[index * 6 + 3]) ?? -1, externalNoise: Int(exactly: rows[index * 6 + 4]) ?? -1,
                    margin: rows[index * 6 + 5] >= 0 ? rows[index * 6 + 5] : nil)
            }
        } catch {
            throw Problem("unit \(result.unit): \(error.description)", remedy: "run coordinator and workers from the same version")
        }
    }
}
