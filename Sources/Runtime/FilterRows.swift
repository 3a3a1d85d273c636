import Diagnostics
import Mechanism
import Messages
import Tensors

/// A filter unit's work and how its results travel: `rows` float64 [filters, 6] (top, silent, noise, internal noise, external
/// noise, margin, which is NaN for a silent filter), `members` int64 [n, 3] (filter, cluster, label), filters by their place in the
/// layer, and, where further thresholds were asked for, `tallies` int64 [thresholds, 9] (the fields of `FilterTally` in order).
enum FilterRows {
    /// What a unit's filters are, and their numbers at each further threshold.
    struct Measured: Sendable, Equatable {
        var filters: [FilterResult]
        var tallies: [FilterTally]
    }

    private static let columns = 6

    /// Measures the filters of one unit.
    static func compute(_ unit: FilterUnit, tensors: [WireTensor]) throws(Problem) -> Measured {
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
            var (filters, tallies) = try FilterPerformance.measure(
                labelMeans: labelMeans, headWeights: headWeights, filters: 0..<unit.filterCount, threshold: unit.threshold,
                further: unit.thresholds ?? [], layer: unit.layer)
            for index in filters.indices { filters[index].filter += unit.firstFilter }
            return Measured(filters: filters, tallies: tallies)
        } catch {
            throw error.movedBy(unit.firstFilter).problem
        }
    }

    static func encode(_ measured: Measured) -> [WireTensor] {
        let results = measured.filters
        var rows: [Double] = []
        for result in results {
            rows += [Double(result.top), result.silent ? 1 : 0, Double(result.noise)]
            rows += [Double(result.internalNoise), Double(result.externalNoise), result.margin ?? .nan]
        }
        var members: [Int64] = []
        for result in results {
            for (cluster, labels) in result.clusters.enumerated() {
                for label in labels { members += [Int64(result.filter), Int64(cluster), Int64(label)] }
            }
        }
        var tensors = [
            WireTensor("rows", [results.count, columns], doubles: rows), WireTensor("members", [members.count / 3, 3], int64s: members),
        ]
        if !measured.tallies.isEmpty {
            tensors.append(WireTensor(
                "tallies", [measured.tallies.count, FilterTally.valueCount],
                int64s: measured.tallies.flatMap { $0.values.map(Int64.init) }))
        }
        return tensors
    }

    /// Bytes that the tensors of a unit have at most: a label is in one cluster of a filter, if any.
    static func largestBytes(filters: Int, labels: Int, thresholds: Int) -> Int {
        8 * (filters * (columns + 3 * labels) + thresholds * FilterTally.valueCount)
    }

    static func decode(_ result: UnitResult, unit: FilterUnit) throws(Problem) -> Measured {
        Measured(filters: try filters(result, unit: unit), tallies: try tallies(result, unit: unit))
    }

    private static func tallies(_ result: UnitResult, unit: FilterUnit) throws(Problem) -> [FilterTally] {
        let count = unit.thresholds?.count ?? 0
        guard count > 0 else { return [] }
        do throws(ProtocolError) {
            let values = try result.tensors.tensor("tallies").int64s()
            let width = FilterTally.valueCount
            // No number is more than all filters of a layer can yield.
            let most = Int64(clamping: unit.labels.multipliedReportingOverflow(by: unit.labels).partialValue)
                .multipliedReportingOverflow(by: Int64(unit.filterCount)).partialValue
            guard values.count == count * width, values.allSatisfy({ $0 >= 0 && $0 <= most }) else {
                throw ProtocolError.badTensor(name: "tallies", reason: "\(values.count) numbers for \(count) thresholds, or impossible ones")
            }
            return (0..<count).map { index in
                var tally = FilterTally()
                tally.values = values[index * width..<(index + 1) * width].map(Int.init)
                return tally
            }
        } catch {
            throw Problem("unit \(result.unit): \(error.description)", remedy: "run coordinator and workers from the same version")
        }
    }

    private static func filters(_ result: UnitResult, unit: FilterUnit) throws(Problem) -> [FilterResult] {
        do throws(ProtocolError) {
            let rows = try result.tensors.tensor("rows").doubles()
            let members = try result.tensors.tensor("members").int64s()
            guard rows.count == unit.filterCount * columns, members.count % 3 == 0 else {
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
                let row = rows[index * columns..<(index + 1) * columns].map { $0 }
                return FilterResult(
                    filter: unit.firstFilter + index, top: Float(row[0]), silent: row[1] != 0, clusters: clusters[index],
                    noise: Int(exactly: row[2]) ?? -1, internalNoise: Int(exactly: row[3]) ?? -1,
                    externalNoise: Int(exactly: row[4]) ?? -1, margin: row[5].isNaN ? nil : row[5])
            }
        } catch {
            throw Problem("unit \(result.unit): \(error.description)", remedy: "run coordinator and workers from the same version")
        }
    }
}
