import Datasets
import Testing

@Suite struct MiniBatchPlanTests {
    @Test func aFullBatchIsFourShardsOfTwentyFive() {
        let plan = MiniBatchPlan(sampleCount: 60_000, batchSize: 100, shardSize: 25, seed: 1)
        #expect(plan.stepsPerEpoch == 600)
        #expect(plan.sampleCount(step: 599) == 100)
        let shards = plan.shards(epoch: 2, step: 17)
        #expect(shards.map(\.count) == [25, 25, 25, 25])
        #expect(Array(shards.joined()) == plan.order.indices(at: 1_700..<1_800, epoch: 2))
        #expect(plan.shard(epoch: 2, step: 17, shard: 3) == shards[3])
    }

    @Test(arguments: [
        (60, [20, 20, 20]), (51, [17, 17, 17]), (50, [25, 25]), (26, [13, 13]), (25, [25]), (1, [1]), (99, [25, 25, 25, 24]),
        (77, [20, 19, 19, 19]),
    ])
    func theLastBatchIsKeptAndItsShardsShrinkAlike(rest: Int, sizes: [Int]) {
        let plan = MiniBatchPlan(sampleCount: 300 + rest, batchSize: 100, shardSize: 25, seed: 4)
        #expect(plan.stepsPerEpoch == 4)
        #expect(plan.shardCount(step: 3) == sizes.count)
        #expect(plan.shards(epoch: 0, step: 3).map(\.count) == sizes)
    }

    @Test(arguments: [(1, 1, 1), (10, 3, 2), (1_000, 128, 25), (997, 100, 30), (5, 100, 25)])
    func anEpochsShardsHoldEverySampleOnce(count: Int, batch: Int, shard: Int) {
        let plan = MiniBatchPlan(sampleCount: count, batchSize: batch, shardSize: shard, seed: 8)
        let all = (0..<plan.stepsPerEpoch).flatMap { plan.shards(epoch: 5, step: $0) }
        #expect(all.allSatisfy { !$0.isEmpty && $0.count <= shard })
        #expect(all.joined().sorted() == Array(0..<count))
    }
}
