import Mechanism
import Testing

/// Every matrix of bits of up to three labels, and every eleventh of four: against the method written out, and against what defines
/// its clusters without an order of steps.
@Suite struct EveryMatrixTests {
    @Test(arguments: [(1, 1), (2, 1), (3, 1), (4, 11)])
    func agreesWithTheLiteralMethod(labels: Int, step: Int) throws {
        for pattern in stride(from: 1, to: 1 << (labels * labels), by: step) {
            let values = (0..<labels * labels).map { Float(pattern >> $0 & 1) }
            let rows = (0..<labels).map { Array(values[$0 * labels..<($0 + 1) * labels]) }
            let result = try FilterPerformance.measure(filter: 0, field: LabelField(labels: labels, values: values), threshold: 0.5)
            #expect(result == LiteralMethod.measure(filter: 0, field: rows, threshold: 0.5))
            expectDefinition(result, rows, labels)
        }
    }

    private func expectDefinition(_ result: FilterResult, _ field: [[Float]], _ labels: Int) {
        func agree(_ a: Int, _ b: Int) -> Bool { field[a][b] == 1 && field[b][a] == 1 }
        // Each label that lights up itself is in one cluster, and no other label is in any.
        #expect(result.clusters.flatMap(\.self).sorted() == (0..<labels).filter { field[$0][$0] == 1 })
        #expect(result.clusters.map { $0[0] } == result.clusters.map { $0[0] }.sorted())
        for (index, cluster) in result.clusters.enumerated() {
            #expect(cluster == cluster.sorted())
            for a in cluster { for b in cluster { #expect(agree(a, b)) } }
            // A label is in the first cluster whose smaller members all agree with it.
            for label in cluster {
                for earlier in result.clusters[..<index] { #expect(earlier.contains { $0 < label && !agree($0, label) }) }
            }
        }
        let bits = Int(field.flatMap(\.self).reduce(0, +))
        #expect(result.noise == bits - result.clusters.reduce(0) { $0 + $1.count * $1.count })
        let columns = Set(result.clusters.flatMap(\.self))
        let external = (0..<labels).filter { !columns.contains($0) }.reduce(0) { sum, j in sum + Int((0..<labels).reduce(0) { $0 + field[$1][j] }) }
        #expect(result.externalNoise == external && result.internalNoise == result.noise - external)
    }
}
