import Kernels
import Networks
import Tensors
import TestSupport
import Testing

struct LaneTests {
    /// Small networks that between them have every kind of layer, dropout included, and every scheme of convolution: the last one's
    /// channels are multiples of 16; and an EfficientNet with odd maps, dropout and stochastic depth.
    static let specifications = [
        ModelSpecification(name: "vgg11", width: 3, inputChannels: 3, labels: 7),
        ModelSpecification(
            name: "vgg16", width: 2, classifier: .mlp, batchNorm: false, inputSize: 64, inputChannels: 1, labels: 5, dropout: 0.25),
        ModelSpecification(name: "vgg11", width: 16, inputChannels: 3, labels: 7),
        ModelSpecification(
            name: "efficientnet-b0", inputSize: 37, inputChannels: 3, labels: 7, dropout: 0.25, stochasticDepth: 0.5,
            channels: [5, 4, 6, 7, 8, 17, 9, 12, 20]),
    ]

    /// A shard of a given seed: its images, labels and dropout.
    private struct Shard {
        let images: [Float]
        let labels: [Int32]
        let dropout: DropoutContext

        init(_ network: Network, count: Int, seed: UInt64) {
            images = randomFloats(count * network.inputCount, seed: seed)
            labels = (0..<count).map { Int32(($0 * 3 + Int(seed)) % network.specification.labels) }
            dropout = DropoutContext(seed: 9, step: Int(seed), sampleIndices: (0..<count).map { 100 * Int(seed) + $0 })
        }
    }

    private struct Yield: Equatable {
        let outcome: ShardOutcome
        let gradients: [Float]
        let statistics: [Float]
    }

    private func run(
        _ lane: TrainingLane, _ shard: Shard, _ parameters: ParameterVector, labels: [Int32]? = nil, shares: [LabelShare]? = nil,
        stale: Float = .nan
    ) -> Yield {
        let network = lane.network
        let gradients = ParameterVector(network.parameterLayout)
        let statistics = ParameterVector(network.statisticsLayout)
        // What stood there before must not shine through; padding stays zero.
        for entry in network.parameterLayout.entries { gradients.buffer(entry).fill(stale) }
        for entry in network.statisticsLayout.entries { statistics.buffer(entry).fill(stale) }
        lane.input.slice(0, shard.images.count).copy(from: shard.images)
        let outcome = lane.run(
            sampleCount: shard.labels.count, labels: labels ?? shard.labels, shares: shares, parameters: parameters,
            gradients: gradients, batchStatistics: statistics, gradientScale: 0.125, dropout: shard.dropout)
        return Yield(outcome: outcome, gradients: gradients.buffer.array, statistics: statistics.buffer.array)
    }

    /// Loss and gradient are linear in the target.
    @Test(arguments: specifications)
    func aMixturesGradientIsThatOfBothLabelsWeighted(specification: ModelSpecification) throws {
        let network = try Network(specification)
        let parameters = network.initialParameters(seed: 1)
        let shard = Shard(network, count: 4, seed: 1)
        let lane = TrainingLane(network, shardSize: 4)
        let others = shard.labels.map { ($0 + 2) % Int32(specification.labels) }
        let weight: Float = 0.75
        let mixed = run(lane, shard, parameters, shares: others.map { LabelShare(otherLabel: $0, weight: weight) })
        let (own, other) = (run(lane, shard, parameters), run(lane, shard, parameters, labels: others))
        let loss = 0.75 * own.outcome.lossSum + 0.25 * other.outcome.lossSum
        #expect(abs(mixed.outcome.lossSum - loss) < 1e-6 * loss)
        #expect(mixed.outcome.correct == own.outcome.correct && mixed.statistics == own.statistics)
        let largestOfAll = own.gradients.map { abs(Double($0)) }.max() ?? 0
        for entry in network.parameterLayout.entries {
            let range = entry.offset..<entry.offset + entry.count
            let expected = range.map { Double(weight) * Double(own.gradients[$0]) + Double(1 - weight) * Double(other.gradients[$0]) }
            let largest = expected.map { abs($0) }.max() ?? 0
            let apart = zip(mixed.gradients[range], expected).map { abs(Double($0) - $1) }.max() ?? 0
            // Three passes of backward in float32; either part alone is off by the size of the gradient.
            #expect(apart <= 1e-4 * max(largest, 1e-2 * largestOfAll), "\(entry.name): \(apart) of \(largest)")
        }
    }

    @Test(arguments: specifications)
    func aShardDependsOnNothingThatTheLaneRanBefore(specification: ModelSpecification) throws {
        let network = try Network(specification)
        let parameters = network.initialParameters(seed: 1)
        let (first, second) = (Shard(network, count: 4, seed: 1), Shard(network, count: 3, seed: 2))
        let fresh = run(TrainingLane(network, shardSize: 4), second, parameters)
        let used = TrainingLane(network, shardSize: 4)
        let firstAlone = run(used, first, parameters)
        #expect(run(used, second, parameters, stale: 7) == fresh)
        #expect(run(used, first, parameters) == firstAlone)
        #expect(firstAlone != fresh)
        #expect(fresh.gradients.allSatisfy { $0.isFinite })
        // A lane made for other sizes yields the same bits for the same shard.
        #expect(run(TrainingLane(network, shardSize: 3), second, parameters) == fresh)
        #expect(run(TrainingLane(network, shardSize: 9), second, parameters) == fresh)
        // Nor does a shard that went through with infinite values leave a trace.
        let spoilt = parameters.copy()
        spoilt.buffer.fill(.nan)
        _ = run(used, first, spoilt)
        #expect(run(used, second, parameters) == fresh)
    }

    /// A lane that is given two neighbouring shards yields what two lanes yield whose gradients are added.
    @Test(arguments: specifications)
    func aGradientThatIsAddedToHasTheBitsOfTwoAdded(specification: ModelSpecification) throws {
        let network = try Network(specification)
        let parameters = network.initialParameters(seed: 1)
        let lane = TrainingLane(network, shardSize: 4)
        let gradients = ParameterVector(network.parameterLayout)
        let statistics = ParameterVector(network.statisticsLayout)
        let shards = [Shard(network, count: 4, seed: 1), Shard(network, count: 3, seed: 2)]
        for (index, shard) in shards.enumerated() {
            lane.input.slice(0, shard.images.count).copy(from: shard.images)
            _ = lane.run(
                sampleCount: shard.labels.count, labels: shard.labels, parameters: parameters, gradients: gradients, adds: index > 0,
                batchStatistics: statistics, gradientScale: 0.125, dropout: shard.dropout)
        }
        let apart = shards.map { run(lane, $0, parameters, stale: 0).gradients }
        for entry in network.parameterLayout.entries {
            let range = entry.offset..<entry.offset + entry.count
            let expected = range.map { apart[0][$0] + apart[1][$0] }
            #expect(gradients.buffer(entry).array == expected, "\(entry.name)")
        }
    }

    @Test func dropoutDependsOnSeedStepAndSamples() throws {
        let network = try Network(
            ModelSpecification(name: "vgg11", width: 2, classifier: .mlp, inputChannels: 1, labels: 4, dropout: 0.5))
        let parameters = network.initialParameters(seed: 1)
        let lane = TrainingLane(network, shardSize: 2)
        let gradients = ParameterVector(network.parameterLayout)
        let statistics = ParameterVector(network.statisticsLayout)
        lane.input.copy(from: randomFloats(2 * network.inputCount, seed: 3))
        func hiddenBiasGradient(_ dropout: DropoutContext) -> [Float] {
            _ = lane.run(
                sampleCount: 2, labels: [0, 3], parameters: parameters, gradients: gradients, batchStatistics: statistics,
                gradientScale: 1, dropout: dropout)
            return gradients.buffer("classifier.3.bias").array
        }
        let base = hiddenBiasGradient(DropoutContext(seed: 1, step: 2, sampleIndices: [3, 4]))
        #expect(base == hiddenBiasGradient(DropoutContext(seed: 1, step: 2, sampleIndices: [3, 4])))
        #expect(base != hiddenBiasGradient(DropoutContext(seed: 2, step: 2, sampleIndices: [3, 4])))
        #expect(base != hiddenBiasGradient(DropoutContext(seed: 1, step: 3, sampleIndices: [3, 4])))
        #expect(base != hiddenBiasGradient(DropoutContext(seed: 1, step: 2, sampleIndices: [3, 5])))
    }

    @Test(arguments: specifications)
    func tapsHaveTheSizesThatTheNetworkNames(specification: ModelSpecification) throws {
        let network = try Network(specification)
        let parameters = network.initialParameters(seed: 2)
        let lane = InferenceLane(network, shardSize: 5)
        let lean = InferenceLane(network, shardSize: 5, keepsTaps: false)
        let images = randomFloats(3 * network.inputCount, seed: 4)
        lane.input.slice(0, images.count).copy(from: images)
        lean.input.slice(0, images.count).copy(from: images)
        let logits = lane.run(sampleCount: 3, parameters: parameters, statistics: network.initialStatistics())
        #expect(logits.count == 3 * specification.labels)
        #expect(
            lean.run(sampleCount: 3, parameters: parameters, statistics: network.initialStatistics()).array == logits.array)
        #expect(lean.arenaByteCount < lane.arenaByteCount)
        for (index, tap) in network.taps.enumerated() {
            let values = lane.tap(index).array
            #expect(values.count == 3 * tap.height * tap.width * tap.channels)
            #expect(values.contains { $0 > 0 })
            // SiLU's least value is −0.278…; an EfficientNet's stages end in a sum.
            if !specification.isEfficientNet {
                #expect(values.allSatisfy { $0 >= 0 }, "\(tap.name) is behind a ReLU")
            } else if tap.name == "stem" || tap.name == "head" {
                #expect(values.allSatisfy { $0 >= -0.2785 }, "\(tap.name) is behind SiLU")
            }
        }
    }

    /// An EfficientNet's expanded maps are made for a few samples at a time; nobody sees it.
    @Test func aSamplesLogitsDoNotDependOnItsCompany() throws {
        let network = try Network(ModelSpecification(
            name: "efficientnet-b0", inputSize: 96, inputChannels: 3, labels: 5, channels: [16, 8, 24, 8, 8, 16, 16, 24, 40]))
        let parameters = network.initialParameters(seed: 2)
        let statistics = network.initialStatistics()
        let lane = InferenceLane(network, shardSize: 7)
        let images = randomFloats(7 * network.inputCount, seed: 4)
        lane.input.copy(from: images)
        let together = lane.run(sampleCount: 7, parameters: parameters, statistics: statistics).array
        let taps = network.taps.indices.map { lane.tap($0).array }
        let alone = InferenceLane(network, shardSize: 1)
        for sample in 0..<7 {
            alone.input.copy(from: Array(images[sample * network.inputCount..<(sample + 1) * network.inputCount]))
            let logits = alone.run(sampleCount: 1, parameters: parameters, statistics: statistics).array
            #expect(logits == Array(together[sample * 5..<sample * 5 + 5]), "sample \(sample)")
            for (index, tap) in network.taps.enumerated() {
                #expect(alone.tap(index).array == Array(taps[index][sample * tap.count..<(sample + 1) * tap.count]), "\(tap.name)")
            }
        }
    }

    /// The last block is left out where its samples drew so, whole samples at a time.
    @Test func stochasticDepthDependsOnSeedStepAndSamples() throws {
        var specification = ModelSpecification(
            name: "efficientnet-b0", inputSize: 32, inputChannels: 1, labels: 4, dropout: 0, stochasticDepth: 0.6,
            channels: [5, 4, 4, 4, 4, 8, 8, 12, 12])
        func loss(_ dropout: DropoutContext) throws -> Double {
            let network = try Network(specification)
            let lane = TrainingLane(network, shardSize: 4)
            lane.input.copy(from: randomFloats(4 * network.inputCount, seed: 3))
            return lane.run(
                sampleCount: 4, labels: [0, 3, 1, 2], parameters: network.initialParameters(seed: 1),
                gradients: ParameterVector(network.parameterLayout), batchStatistics: ParameterVector(network.statisticsLayout),
                gradientScale: 1, dropout: dropout
            ).lossSum
        }
        let base = try loss(DropoutContext(seed: 1, step: 2, sampleIndices: [3, 4, 5, 6]))
        #expect(try base == loss(DropoutContext(seed: 1, step: 2, sampleIndices: [3, 4, 5, 6])))
        #expect(try base != loss(DropoutContext(seed: 2, step: 2, sampleIndices: [3, 4, 5, 6])))
        #expect(try base != loss(DropoutContext(seed: 1, step: 3, sampleIndices: [3, 4, 5, 6])))
        #expect(try base != loss(DropoutContext(seed: 1, step: 2, sampleIndices: [13, 14, 15, 16])))
        specification.stochasticDepth = 0
        let whole = try loss(DropoutContext(seed: 1, step: 2, sampleIndices: [3, 4, 5, 6]))
        #expect(try whole != base && whole == loss(DropoutContext(seed: 2, step: 7, sampleIndices: [0, 1, 2, 9])))
    }

    /// The last tap through the classifier by hand gives the logits: taps are what the next layer reads.
    @Test func logitsFollowFromTheLastTap() throws {
        let network = try Network(ModelSpecification(name: "vgg11", width: 3, inputSize: 64, inputChannels: 3, labels: 7))
        let parameters = network.initialParameters(seed: 2)
        let lane = InferenceLane(network, shardSize: 2)
        lane.input.copy(from: randomFloats(2 * network.inputCount, seed: 4))
        let logits = lane.run(sampleCount: 2, parameters: parameters, statistics: network.initialStatistics()).array
        let tap = lane.tap(network.taps.count - 1).array
        let weights = parameters.buffer("classifier.weight").array
        let inputs = tap.count / 2
        let expected = (0..<2 * 7).map { place in
            (0..<inputs).reduce(0.0) { $0 + Double(tap[place / 7 * inputs + $1]) * Double(weights[place % 7 * inputs + $1]) }
        }
        expectClose(logits, expected, relative: 1e-5)
    }

    @Test func runningStatisticsMoveATenthOfTheWay() throws {
        let network = try Network(ModelSpecification(name: "vgg11", width: 1, inputChannels: 1, labels: 2))
        let running = network.initialStatistics()
        let shards = ParameterVector(network.statisticsLayout)
        for entry in shards.layout.entries { shards.buffer(entry).fill(3) }
        updateRunningStatistics(running, meanOfShards: shards)
        expectClose(running.buffer("features.1.running_mean").array, [0.3 as Float], relative: 1e-6)
        expectClose(running.buffer("features.1.running_var").array, [1.2 as Float], relative: 1e-6)
        updateRunningStatistics(running, meanOfShards: shards, momentum: 1)
        #expect(running.buffer("features.1.running_var").array == [3])
    }
}
