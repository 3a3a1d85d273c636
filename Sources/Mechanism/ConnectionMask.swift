import Tensors

/// The clusters of each filter of a layer: filters, clusters of a filter, labels of a cluster.
public typealias LayerClusters = [[[Int]]]

/// Which connections of a layer stay: outputs × inputs, row-major; an input is a filter, an output a filter or a label
/// (`method.md`, phase 5; Phys. Rev. E 111, 065307).
public struct ConnectionMask: Hashable, Sendable {
    public let outputs: Int
    public let inputs: Int
    public private(set) var kept: [Bool]

    public var keptCount: Int { kept.count { $0 } }
    public subscript(output: Int, input: Int) -> Bool { kept[output * inputs + input] }

    /// - Precondition: outputs · inputs elements.
    public init(outputs: Int, inputs: Int, kept: [Bool]) {
        precondition(kept.count == outputs * inputs, "\(kept.count) connections for \(outputs) × \(inputs)")
        self.outputs = outputs
        self.inputs = inputs
        self.kept = kept
    }

    /// AFCC for the classifier: filter f stays connected to label j where j is in a cluster of f.
    /// - Parameter clusters: of each filter.
    public static func classifier(clusters: LayerClusters, labels: Int) -> ConnectionMask {
        var kept = [Bool](repeating: false, count: labels * clusters.count)
        for (filter, own) in clusters.enumerated() {
            for label in own.joined() { kept[label * clusters.count + filter] = true }
        }
        return ConnectionMask(outputs: labels, inputs: clusters.count, kept: kept)
    }

    /// AFCC for a convolution: filter f of the layer before stays connected to filter g where some label is in a cluster of both.
    public static func convolution(before: LayerClusters, own: LayerClusters) -> ConnectionMask {
        let inputs = before.map { Set($0.joined()) }
        var kept: [Bool] = []
        kept.reserveCapacity(own.count * before.count)
        for clusters in own {
            let labels = Set(clusters.joined())
            kept += inputs.map { !$0.isDisjoint(with: labels) }
        }
        return ConnectionMask(outputs: own.count, inputs: before.count, kept: kept)
    }

    /// The largest magnitudes, ties by place.
    public static func largest(_ count: Int, of magnitudes: [Float], outputs: Int, inputs: Int) -> ConnectionMask {
        let order = magnitudes.indices.sorted { (magnitudes[$1], $0) < (magnitudes[$0], $1) }
        var kept = [Bool](repeating: false, count: magnitudes.count)
        for place in order.prefix(count) { kept[place] = true }
        return ConnectionMask(outputs: outputs, inputs: inputs, kept: kept)
    }

    /// With exactly `count` connections: too many lose some at random, too few gain some. Clusters drawn at random support
    /// another number of connections than found ones do, and only equal densities can be compared.
    public func adjusted(to count: Int, seed: UInt64, minor: Int) -> ConnectionMask {
        var stream = RandomStream(seed: seed, purpose: .pruning, major: 1, minor: minor)
        var result = self
        let surplus = keptCount > count
        var places = kept.indices.filter { kept[$0] == surplus }
        for _ in 0..<abs(keptCount - count) {
            let chosen = stream.nextInt(below: places.count)
            result.kept[places[chosen]] = !surplus
            places.swapAt(chosen, places.count - 1)
            places.removeLast()
        }
        return result
    }
}

/// Clusters of the same sizes as each filter's own, their labels drawn at random without putting back: AFCC's first baseline.
/// - Parameter minor: a number for the layer, so that layers draw apart.
public func randomClusters(like clusters: LayerClusters, labels: Int, seed: UInt64, minor: Int) -> LayerClusters {
    var stream = RandomStream(seed: seed, purpose: .pruning, major: 0, minor: minor)
    return clusters.map { own in
        var rest = Array(0..<labels)
        return own.map { cluster in
            cluster.map { _ in rest.remove(at: stream.nextInt(below: rest.count)) }.sorted()
        }
    }
}
