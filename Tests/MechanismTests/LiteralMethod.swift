import Mechanism

/// The definitions of `method.md`, phase 3, transcribed word by word over arrays of Bool, slow and plain. What the tests
/// compare the bit sets with.
enum LiteralMethod {
    static func measure(filter: Int, field: [[Float]], threshold: Float) -> FilterResult {
        let labels = field.count
        var top = -Float.infinity
        for row in field { for value in row where value > top { top = value } }
        if top <= 0 {
            return FilterResult(filter: filter, top: top, silent: true, clusters: [], noise: 0, internalNoise: 0, externalNoise: 0)
        }
        var bit = [[Bool]](repeating: [Bool](repeating: false, count: labels), count: labels)
        for i in 0..<labels { for j in 0..<labels { bit[i][j] = field[i][j] / top > threshold } }

        var margin = Float.infinity
        for i in 0..<labels { for j in 0..<labels { margin = min(margin, abs(field[i][j] / top - threshold)) } }

        var taken = [Bool](repeating: false, count: labels)
        var clusters: [[Int]] = []
        let own = (0..<labels).filter { bit[$0][$0] }
        for first in own where !taken[first] {
            var cluster = [first]
            taken[first] = true
            for candidate in own where !taken[candidate] {
                var fits = true
                for member in cluster where !(bit[member][candidate] && bit[candidate][member]) { fits = false }
                if fits {
                    cluster.append(candidate)
                    taken[candidate] = true
                }
            }
            clusters.append(cluster)
        }

        var noise = 0
        var internalNoise = 0
        for i in 0..<labels {
            for j in 0..<labels where bit[i][j] {
                if clusters.contains(where: { $0.contains(i) && $0.contains(j) }) { continue }
                noise += 1
                if clusters.contains(where: { $0.contains(j) }) { internalNoise += 1 }
            }
        }
        return FilterResult(
            filter: filter, top: top, silent: false, clusters: clusters, noise: noise, internalNoise: internalNoise,
            externalNoise: noise - internalNoise, margin: Double(margin))
    }

    /// Σ_p W[j, p, f] · A[i, p, f] in Double.
    static func field(means: [Float], weights: [Float], labels: Int, positions: Int, filters: Int, filter: Int) -> [[Float]] {
        (0..<labels).map { i in
            (0..<labels).map { j in
                var sum = 0.0
                for p in 0..<positions {
                    sum += Double(weights[(j * positions + p) * filters + filter])
                        * Double(means[(i * positions + p) * filters + filter])
                }
                return Float(sum)
            }
        }
    }
}
