import Tensors

/// What phase 3 finds for one filter.
public struct FilterResult: Codable, Hashable, Sendable {
    public var filter: Int
    /// The largest element of the field.
    public var top: Float
    /// top ≤ 0: no clusters, no noise.
    public var silent: Bool
    /// Each ascending, in the order in which they were opened.
    public var clusters: [[Int]]
    /// Set bits outside every cluster's square.
    public var noise: Int
    /// Those of them in a column (output label) that belongs to a cluster.
    public var internalNoise: Int
    /// The rest.
    public var externalNoise: Int
    /// The least |field / top − threshold| over all pairs of labels, both in float32: how little would set or clear another bit.
    /// Nil for a silent filter.
    public var margin: Double?

    public init(
        filter: Int, top: Float, silent: Bool, clusters: [[Int]], noise: Int, internalNoise: Int, externalNoise: Int,
        margin: Double? = nil
    ) {
        self.filter = filter
        self.top = top
        self.silent = silent
        self.clusters = clusters
        self.noise = noise
        self.internalNoise = internalNoise
        self.externalNoise = externalNoise
        self.margin = margin
    }

    /// Has at least one cluster. A filter can be neither silent nor active: it speaks, but for no label's own images.
    public var isActive: Bool { !clusters.isEmpty }
    /// Labels in clusters.
    public var clusteredLabelCount: Int { clusters.reduce(0) { $0 + $1.count } }

    /// The label order that places clusters side by side on the diagonal: cluster by cluster, then the other labels ascending.
    public func labelOrder(labels: Int) -> [Int] {
        var rest = [Bool](repeating: true, count: labels)
        for label in clusters.joined() { rest[label] = false }
        return Array(clusters.joined()) + (0..<labels).filter { rest[$0] }
    }
}

/// Single-filter performance: from a field to its clusters and its noise (`method.md`, phase 3; Sci. Rep. 14, 5881).
///
///     // Three labels, A = (1, 1, 1), W = (1, 0, 0): a full first column
///     let field = LabelField(labels: 3, values: [1, 0, 0,  1, 0, 0,  1, 0, 0])
///     try FilterPerformance.measure(filter: 0, field: field, threshold: 0.3)   // cluster {0}, noise 2, both internal
public enum FilterPerformance {
    /// - Throws: `fieldNotFinite` where the field holds a NaN or an infinity.
    public static func measure(
        filter: Int, field: LabelField, threshold: Double, layer: String = ""
    ) throws(MechanismFault) -> FilterResult {
        guard field.isFinite else { throw .fieldNotFinite(layer: layer, filter: filter) }
        return measure(filter: filter, finite: field, top: field.top, threshold: threshold)
    }

    /// At several thresholds at once: the field is looked through for its top once.
    /// - Throws: `fieldNotFinite` where the field holds a NaN or an infinity.
    public static func measure(
        filter: Int, field: LabelField, thresholds: [Double], layer: String = ""
    ) throws(MechanismFault) -> [FilterResult] {
        guard field.isFinite else { throw .fieldNotFinite(layer: layer, filter: filter) }
        let top = field.top
        return thresholds.map { measure(filter: filter, finite: field, top: top, threshold: $0) }
    }

    private static func measure(filter: Int, finite field: LabelField, top: Float, threshold: Double) -> FilterResult {
        guard let (bits, margin) = LabelBits.thresholded(field, top: top, threshold: threshold) else {
            return FilterResult(filter: filter, top: top, silent: true, clusters: [], noise: 0, internalNoise: 0, externalNoise: 0)
        }
        let clusters = bits.clusters()
        // Every bit of a cluster's square is set, so noise is what the squares leave, in all and column by column.
        let columnCounts = bits.columnCounts
        var inSquares = 0
        var internalNoise = 0
        for cluster in clusters {
            inSquares += cluster.count * cluster.count
            for label in cluster { internalNoise += columnCounts[label] - cluster.count }
        }
        let noise = columnCounts.reduce(0, +) - inSquares
        return FilterResult(
            filter: filter, top: top, silent: false, clusters: clusters, noise: noise, internalNoise: internalNoise,
            externalNoise: noise - internalNoise, margin: Double(margin))
    }

    /// Fields and results of a range of filters: what a unit of work of phase 3 computes. Arguments as `filterFields`.
    public static func measure(
        labelMeans: Tensor, headWeights: Tensor, filters: Range<Int>, threshold: Double, layer: String
    ) throws(MechanismFault) -> [FilterResult] {
        try measure(
            labelMeans: labelMeans, headWeights: headWeights, filters: filters, threshold: threshold, further: [], layer: layer
        ).filters
    }

    /// The same, and what the same fields give at further thresholds, added up over the filters: one tally a threshold.
    public static func measure(
        labelMeans: Tensor, headWeights: Tensor, filters: Range<Int>, threshold: Double, further: [Double], layer: String
    ) throws(MechanismFault) -> (filters: [FilterResult], tallies: [FilterTally]) {
        var results: [FilterResult] = []
        results.reserveCapacity(filters.count)
        var tallies = [FilterTally](repeating: FilterTally(), count: further.count)
        try forEachField(labelMeans: labelMeans, headWeights: headWeights, filters: filters, layer: layer) { filter, field throws(MechanismFault) in
            let all = try measure(filter: filter, field: field, thresholds: [threshold] + further, layer: layer)
            results.append(all[0])
            for (index, result) in all.dropFirst().enumerated() { tallies[index].add(result) }
        }
        return (results, tallies)
    }
}
