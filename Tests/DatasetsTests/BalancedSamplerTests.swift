import Datasets
import Testing

@Suite struct BalancedSamplerTests {
    /// 60 samples of label 0, 3 of label 2, 37 of label 3; none of label 1.
    private static let labels: [Int32] = (0..<100).map { $0 < 60 ? 0 : $0 < 63 ? 2 : 3 }

    @Test func labelsComeUpEquallyOften() {
        let sampler = BalancedSampler(labels: Self.labels, seed: 4)
        var visits = [Int](repeating: 0, count: 100)
        for epoch in 0..<30 {
            var counts: [Int32: Int] = [:]
            for position in 0..<100 {
                let sample = sampler.index(at: position, epoch: epoch)
                visits[sample] += 1
                counts[Self.labels[sample], default: 0] += 1
            }
            #expect(counts.count == 3 && counts.values.allSatisfy { $0 == 33 || $0 == 34 })
        }
        // Within a label every sample comes up equally often, to within one visit.
        for label in [Int32(0), 2, 3] {
            let own = visits.indices.filter { Self.labels[$0] == label }.map { visits[$0] }
            #expect((own.max() ?? 0) - (own.min() ?? 0) <= 1, "label \(label): \(own)")
        }
    }

    @Test func theOrderIsAFunctionOfItsArguments() {
        let sampler = BalancedSampler(labels: Self.labels, seed: 4)
        let order = SampleOrder.balanced(sampler)
        let first = order.indices(at: 0..<100, epoch: 5)
        #expect(first == (0..<100).map { BalancedSampler(labels: Self.labels, seed: 4).index(at: $0, epoch: 5) })
        #expect(first != order.indices(at: 0..<100, epoch: 6))
        #expect(first != SampleOrder.balanced(BalancedSampler(labels: Self.labels, seed: 5)).indices(at: 0..<100, epoch: 5))
        // Recorded, for a run must give the same bits after any rewrite.
        #expect(Array(first.prefix(8)) == [6, 62, 78, 61, 87, 83, 27, 46])
        // Labels are scattered, not dealt in turn.
        #expect(first.prefix(12).map { Self.labels[$0] } != (0..<12).map { [0, 2, 3][$0 % 3] })
    }

    @Test func plansTakeEitherOrder() {
        let plan = MiniBatchPlan(order: .balanced(BalancedSampler(labels: Self.labels, seed: 1)), batchSize: 30, shardSize: 8)
        #expect(plan.stepsPerEpoch == 4)
        let all = (0..<4).flatMap { plan.shards(epoch: 2, step: $0).joined() }
        #expect(all == plan.order.indices(at: 0..<100, epoch: 2))
        let uniform = MiniBatchPlan(sampleCount: 100, batchSize: 30, shardSize: 8, seed: 1)
        #expect(uniform.order == .uniform(EpochSampler(count: 100, seed: 1)))
    }

    /// ImageNet's number of training images: every sample once, with no table, and any position at once.
    @Test func aMillionSamplesArePermuted() {
        let count = 1_281_167
        let sampler = EpochSampler(count: count, seed: 9)
        var seen = [Bool](repeating: false, count: count)
        var distance = 0
        var last = 0
        for position in 0..<count {
            let index = sampler.index(at: position, epoch: 89)
            seen[index] = true
            distance += abs(index - last)
            last = index
        }
        #expect(!seen.contains(false))
        #expect(abs(Double(distance) / Double(count) - Double(count) / 3) < Double(count) / 300)
        #expect(MemoryLayout<EpochSampler>.size <= 32)
    }
}
