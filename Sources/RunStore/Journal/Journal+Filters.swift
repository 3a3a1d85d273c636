import Diagnostics

/// What phase 3 found for one filter.
public struct FilterRow: Hashable, Sendable {
    /// Position of the layer, from 0.
    public var layer: Int
    public var filter: Int
    /// The largest element of the field.
    public var top: Double
    public var silent: Bool
    /// Labels of each cluster, ascending, in the order in which clusters were opened. None is empty.
    public var clusters: [[Int]]
    public var noise: Int
    public var internalNoise: Int
    public var externalNoise: Int
    /// The least distance of any pair's share of top from the threshold; nil for a silent filter.
    public var margin: Double?

    public init(
        layer: Int, filter: Int, top: Double, silent: Bool, clusters: [[Int]], noise: Int, internalNoise: Int, externalNoise: Int,
        margin: Double? = nil
    ) {
        self.layer = layer
        self.filter = filter
        self.top = top
        self.silent = silent
        self.clusters = clusters
        self.noise = noise
        self.internalNoise = internalNoise
        self.externalNoise = externalNoise
        self.margin = margin
    }
}

/// Where the mean activation of one label at one layer lies.
public struct LabelMeanRow: Hashable, Sendable {
    public var layer: Int
    public var label: Int
    /// Test images of the label.
    public var count: Int
    /// From the run directory.
    public var file: String
    /// The tensor's name in that file.
    public var tensor: String

    public init(layer: Int, label: Int, count: Int, file: String, tensor: String) {
        self.layer = layer
        self.label = label
        self.count = count
        self.file = file
        self.tensor = tensor
    }
}

extension Journal {
    /// Records filters with their clusters in one transaction; a filter recorded again is replaced.
    public func record(_ filters: [FilterRow]) throws(Problem) {
        try transaction { () throws(Problem) in
            for filter in filters {
                // Takes the old clusters with it.
                try database.execute("DELETE FROM filters WHERE layer = ? AND filter = ?", filter.layer, filter.filter)
                try database.execute(
                    """
                    INSERT INTO filters (layer, filter, top, silent, noise, internal_noise, external_noise, margin)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """, filter.layer, filter.filter, filter.top, filter.silent, filter.noise, filter.internalNoise,
                    filter.externalNoise, filter.margin)
                for (cluster, labels) in filter.clusters.enumerated() {
                    for label in labels {
                        try database.execute(
                            "INSERT INTO clusters (layer, filter, cluster, label) VALUES (?, ?, ?, ?)", filter.layer, filter.filter,
                            cluster, label)
                    }
                }
            }
        }
    }

    /// Replaces the index of all label means.
    public func recordLabelMeans(_ rows: [LabelMeanRow]) throws(Problem) {
        try transaction { () throws(Problem) in
            try database.execute("DELETE FROM label_means")
            for row in rows {
                try database.execute(
                    "INSERT INTO label_means (layer, label, count, file, tensor) VALUES (?, ?, ?, ?, ?)", row.layer, row.label,
                    row.count, row.file, row.tensor)
            }
        }
    }
}

extension JournalReading {
    /// The filters of a layer in order, with their clusters.
    public func filters(layer: Int) throws(Problem) -> [FilterRow] {
        try database.snapshot { () throws(Problem) in
            var clusters: [Int: [[Int]]] = [:]
            let labels = try database.rows(
                "SELECT filter, cluster, label FROM clusters WHERE layer = ? ORDER BY filter, cluster, label", layer
            ) { row throws(Problem) in (filter: try row.integer(0), cluster: try row.integer(1), label: try row.integer(2)) }
            var open: (filter: Int, cluster: Int)?
            for row in labels {
                if let open, open == (row.filter, row.cluster), let last = clusters[row.filter]?.indices.last {
                    clusters[row.filter]?[last].append(row.label)
                } else {
                    clusters[row.filter, default: []].append([row.label])
                    open = (row.filter, row.cluster)
                }
            }
            return try database.rows(
                """
                SELECT filter, top, silent, noise, internal_noise, external_noise, margin FROM filters WHERE layer = ? ORDER BY filter
                """, layer
            ) { row throws(Problem) in
                let filter = try row.integer(0)
                return FilterRow(
                    layer: layer, filter: filter, top: try row.double(1), silent: try row.bool(2),
                    clusters: clusters[filter] ?? [], noise: try row.integer(3), internalNoise: try row.integer(4),
                    externalNoise: try row.integer(5), margin: try row.optionalDouble(6))
            }
        }
    }

    public func labelMeans() throws(Problem) -> [LabelMeanRow] {
        try database.rows("SELECT layer, label, count, file, tensor FROM label_means ORDER BY layer, label") { row throws(Problem) in
            LabelMeanRow(
                layer: try row.integer(0), label: try row.integer(1), count: try row.integer(2), file: try row.string(3),
                tensor: try row.string(4))
        }
    }
}
