import Mechanism
import Tensors
import TestSupport
import Testing

@Suite struct FilterPerformanceTests {
    private func measure(_ means: [Float], _ weights: [Float], threshold: Double = 0.3) throws -> FilterResult {
        try FilterPerformance.measure(
            labelMeans: Tensor([means.count, 1, 1, 1], means), headWeights: Tensor([weights.count, 1, 1], weights), filters: 0..<1,
            threshold: threshold, layer: "conv1")[0]
    }

    @Test func knownAnswerOneCluster() throws {
        let result = try measure([1, 1, 0], [1, 1, 0])
        #expect(result == FilterResult(
            filter: 0, top: 1, silent: false, clusters: [[0, 1]], noise: 0, internalNoise: 0, externalNoise: 0, margin: Double(Float(0.3))))
    }

    @Test func knownAnswerFullColumn() throws {
        let result = try measure([1, 1, 1], [1, 0, 0])
        #expect(result == FilterResult(
            filter: 0, top: 1, silent: false, clusters: [[0]], noise: 2, internalNoise: 2, externalNoise: 0, margin: Double(Float(0.3))))
    }

    @Test func externalNoiseStandsInColumnsWithoutCluster() throws {
        // Images of labels 0 and 1 light up outputs 0 and 2; output 2's own images light up nothing.
        let result = try measure([1, 1, 0], [1, 0, 1])
        #expect(result.clusters == [[0]])
        #expect(result.noise == 3)
        #expect(result.internalNoise == 1)
        #expect(result.externalNoise == 2)
        #expect(result.labelOrder(labels: 3) == [0, 1, 2])
    }

    @Test func aTopThatIsNotPositiveIsSilent() throws {
        for (means, weights) in [([0, 0, 0], [1, 2, 3]), ([1, 2, 3], [-1, -2, -3])] as [([Float], [Float])] {
            let result = try measure(means, weights)
            #expect(result.silent)
            #expect(!result.isActive)
            #expect(result.clusters.isEmpty && result.noise == 0 && result.internalNoise == 0 && result.externalNoise == 0)
            #expect(result.top <= 0)
        }
    }

    @Test func aFilterMaySpeakWithoutACluster() throws {
        let field = LabelField(labels: 2, values: [0, 1, 0, 0])
        let result = try FilterPerformance.measure(filter: 5, field: field, threshold: 0.3)
        #expect(!result.silent && !result.isActive)
        #expect(result.noise == 1 && result.internalNoise == 0 && result.externalNoise == 1)
    }

    @Test func theThresholdItselfIsNotAbove() throws {
        let field = LabelField(labels: 2, values: [1, 0.3, 0, 0.3])
        #expect(try FilterPerformance.measure(filter: 0, field: field, threshold: 0.3).noise == 0)
        #expect(try FilterPerformance.measure(filter: 0, field: field, threshold: 0.2999).noise == 1)
        let exact = LabelField(labels: 2, values: [4, 2, 0, 0])
        #expect(try FilterPerformance.measure(filter: 0, field: exact, threshold: 0.5).noise == 0)
    }

    @Test func greedyOrderDecidesWhoJoinsWhom() throws {
        // 0-1 and 1-2 agree, 0-2 do not: label 1 goes to the cluster that opens first.
        let field = LabelField(labels: 3, values: [1, 1, 0, 1, 1, 1, 0, 1, 1])
        let result = try FilterPerformance.measure(filter: 0, field: field, threshold: 0.3)
        #expect(result.clusters == [[0, 1], [2]])
        #expect(result.noise == 2 && result.internalNoise == 2)
    }

    @Test func aSingleLabel() throws {
        #expect(try measure([2], [3]).clusters == [[0]])
        #expect(try measure([2], [3]).noise == 0)
        #expect(try measure([2], [-3]).silent)
    }

    @Test(arguments: [1, 2, 3, 10, 63, 64, 65, 130])
    func agreesWithTheLiteralMethod(labels: Int) throws {
        for trial in 0..<(labels > 60 ? 6 : 40) {
            var values = randomFloats(labels * labels, seed: UInt64(1000 * labels + trial))
            // Symmetric and strong blocks in some trials, so that clusters of many labels occur; negative ones, so that silence does.
            if trial % 3 == 1 {
                for i in 0..<labels { for j in 0..<labels where i % 4 == j % 4 { values[i * labels + j] += 1 } }
            }
            if trial % 7 == 5 { values = values.map { -abs($0) } }
            for threshold in [0.05, 0.3, 0.75] {
                let field = LabelField(labels: labels, values: values)
                let rows = (0..<labels).map { Array(values[$0 * labels..<($0 + 1) * labels]) }
                #expect(
                    try FilterPerformance.measure(filter: trial, field: field, threshold: threshold)
                        == LiteralMethod.measure(filter: trial, field: rows, threshold: Float(threshold)))
            }
        }
    }

    @Test func clustersFollowAPermutationThatKeepsTheOrderWithinThem() throws {
        // Disjoint full blocks: any relabelling yields the relabelled blocks, with the same noise.
        let blocks = [[0, 3, 5], [1, 2], [4], [6, 7]]
        let labels = 9
        var stream = RandomStream(seed: 3, purpose: .synthetic)
        for _ in 0..<20 {
            var permutation = Array(0..<labels)
            for last in stride(from: labels - 1, to: 0, by: -1) { permutation.swapAt(last, stream.nextInt(below: last + 1)) }
            var values = [Float](repeating: 0, count: labels * labels)
            for block in blocks { for i in block { for j in block { values[permutation[i] * labels + permutation[j]] = 1 } } }
            values[permutation[0] * labels + permutation[1]] = 0.9  // internal
            values[permutation[0] * labels + permutation[8]] = 0.9  // external: label 8 has no bit of its own
            let result = try FilterPerformance.measure(
                filter: 0, field: LabelField(labels: labels, values: values), threshold: 0.3)
            let expected = blocks.map { $0.map { permutation[$0] }.sorted() }.sorted { $0[0] < $1[0] }
            #expect(result.clusters == expected)
            #expect(result.noise == 2 && result.internalNoise == 1 && result.externalNoise == 1)
            #expect(result.labelOrder(labels: labels) == expected.flatMap { $0 } + [permutation[8]])
        }
    }

    @Test func aFieldThatIsNotFiniteIsNamed() {
        for value in [Float.nan, .infinity, -.infinity] {
            let field = LabelField(labels: 2, values: [1, value, 0, 1])
            #expect(throws: MechanismFault.fieldNotFinite(layer: "conv7", filter: 12)) {
                try FilterPerformance.measure(filter: 12, field: field, threshold: 0.3, layer: "conv7")
            }
        }
        let problem = MechanismFault.fieldNotFinite(layer: "conv7", filter: 12).problem
        #expect(problem.description.contains("conv7") && problem.description.contains("filter 12"))
    }
}
