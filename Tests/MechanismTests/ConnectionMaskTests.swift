import Mechanism
import TestSupport
import Testing

@Suite struct ConnectionMaskTests {
    /// Filter 0 knows labels 0, 1 and, apart, 3; filter 1 knows 2; filter 2 nothing.
    private let clusters = [[[0, 1], [3]], [[2]], []]

    @Test func classifierByHand() {
        let mask = ConnectionMask.classifier(clusters: clusters, labels: 4)
        #expect(mask.kept == [
            true, false, false,
            true, false, false,
            false, true, false,
            true, false, false,
        ])
        #expect(mask.keptCount == 4)
    }

    @Test func convolutionByHand() {
        let mask = ConnectionMask.convolution(before: clusters, own: [[[3]], [[0, 2]]])
        #expect(mask.outputs == 2 && mask.inputs == 3)
        #expect(mask.kept == [true, false, false, true, true, false])
        #expect(mask[1, 1] && !mask[0, 1])
    }

    @Test func againstTheDefinitionOnRandomClusters() {
        for seed in 0..<40 {
            let labels = 3 + seed % 6
            let before = drawn(seed, filters: 7, labels: labels)
            let own = drawn(seed + 1000, filters: 5, labels: labels)
            let mask = ConnectionMask.convolution(before: before, own: own)
            let classifier = ConnectionMask.classifier(clusters: before, labels: labels)
            for input in before.indices {
                for output in own.indices {
                    var shared = false
                    for label in 0..<labels where before[input].contains(where: { $0.contains(label) }) && own[output].contains(where: { $0.contains(label) }) {
                        shared = true
                    }
                    #expect(mask[output, input] == shared)
                }
                for label in 0..<labels { #expect(classifier[label, input] == before[input].contains { $0.contains(label) }) }
            }
        }
    }

    @Test func randomClustersKeepSizes() {
        let own = drawn(5, filters: 30, labels: 8)
        let random = randomClusters(like: own, labels: 8, seed: 3, minor: 1)
        #expect(random.map { $0.map(\.count) } == own.map { $0.map(\.count) })
        for filter in random { #expect(Set(filter.joined()).count == filter.joined().count, "no label stands twice") }
        #expect(random == randomClusters(like: own, labels: 8, seed: 3, minor: 1))
        #expect(random != randomClusters(like: own, labels: 8, seed: 3, minor: 2))
        #expect(random != own)
    }

    @Test func adjustedToTheSameNumber() {
        let mask = ConnectionMask.classifier(clusters: drawn(9, filters: 20, labels: 6), labels: 6)
        for count in [0, 1, mask.keptCount, 100, 120] {
            let adjusted = mask.adjusted(to: count, seed: 1, minor: 0)
            #expect(adjusted.keptCount == count)
            // It only takes away, or only adds.
            let differing = zip(mask.kept, adjusted.kept).count { $0 != $1 }
            #expect(differing == abs(count - mask.keptCount))
        }
    }

    @Test func largestMagnitudes() {
        let mask = ConnectionMask.largest(3, of: [1, 5, 2, 5, 0, 2], outputs: 2, inputs: 3)
        #expect(mask.kept == [false, true, true, true, false, false], "of equal magnitudes the first")
    }

    /// Disjoint clusters of random labels.
    private func drawn(_ seed: Int, filters: Int, labels: Int) -> [[[Int]]] {
        let template = (0..<filters).map { filter in
            switch (filter + seed) % 4 {
            case 0: [] as [[Int]]
            case 1: [[0]]
            case 2: [[0, 1]]
            default: [[0], [1, 2]]
            }
        }
        return randomClusters(like: template, labels: labels, seed: UInt64(seed), minor: 0)
    }

    @Test func pruningVerdicts() {
        func verdict(_ clusters: Double, _ baselines: [Double]) -> Verdict {
            Claim.pruning(accuracy: 0.8, density: 0.4, clusters: clusters, baselines: baselines, thresholds: PruningThresholds()).verdict
        }
        #expect(verdict(0.795, [0.7, 0.799]) == .upheld)
        #expect(verdict(0.795, [0.7, 0.81]) == .notUpheld)
        #expect(verdict(0.78, [0.5, 0.5]) == .notUpheld)
        guard case .notTested = verdict(0.8, [0.7]) else {
            Issue.record("a verdict from one baseline")
            return
        }
    }
}
