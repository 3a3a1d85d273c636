import Networks
import TestSupport
import Tensors
import Testing

struct StepProfileTests {
    @Test func readingsAddUpAndAreForgotten() {
        let (first, second) = (StepProfile(layers: 2), StepProfile(layers: 2))
        first.add(.seconds(1), to: .convolutionForward, layer: 0)
        first.add(.seconds(2), to: .convolutionForward, layer: 1)
        second.add(.seconds(4), to: .convolutionForward, layer: 1)
        second.add(.seconds(8), to: .optimizer)
        first.add(second)
        #expect(first.duration(.convolutionForward, layer: 0) == .seconds(1))
        #expect(first.duration(.convolutionForward, layer: 1) == .seconds(6))
        #expect(first.total(.convolutionForward) == .seconds(7))
        #expect(first.total(.optimizer) == .seconds(8))
        #expect(first.total == .seconds(15))
        first.reset()
        #expect(first.total == .zero)
        #expect(second.total == .seconds(12))
    }

    /// Each reading begins the next section: no time is lost or counted twice between `begin` and the last `end`.
    @Test func sectionsTouchEachOther() {
        let profile = StepProfile(layers: 1)
        let before = ContinuousClock.now
        profile.begin()
        let begun = ContinuousClock.now
        for _ in 0..<100 {
            profile.end(.loss)
            profile.end(.inputCopy)
        }
        let last = ContinuousClock.now
        profile.end(.optimizer)
        #expect(profile.total >= last - begun)
        #expect(profile.total <= .now - before)
    }

    @Test func aLaneTimesEverySectionAndYieldsTheSameBits() throws {
        let network = try Network(ModelSpecification(name: "vgg11", width: 2, inputChannels: 3, labels: 4))
        let parameters = network.initialParameters(seed: 1)
        let lane = TrainingLane(network, shardSize: 3)
        lane.input.copy(from: randomFloats(3 * network.inputCount, seed: 2))
        let profile = StepProfile(layers: network.taps.count)
        func gradients(_ profile: StepProfile?) -> [Float] {
            let gradients = ParameterVector(network.parameterLayout)
            _ = lane.run(
                sampleCount: 3, labels: [0, 1, 3], parameters: parameters, gradients: gradients,
                batchStatistics: ParameterVector(network.statisticsLayout), gradientScale: 1,
                dropout: DropoutContext(seed: 1, step: 0, sampleIndices: [0, 1, 2]), profile: profile)
            return gradients.buffer.array
        }
        let time = ContinuousClock().measure { #expect(gradients(profile) == gradients(nil)) }
        for kind in StepProfile.Kind.allCases {
            switch kind {
            // Not the lane's.
            case .inputCopy, .gradientSums, .optimizer: #expect(profile.total(kind) == .zero)
            // An EfficientNet's.
            case .expansionForward, .depthwiseForward, .projectionForward, .projectionBackward, .depthwiseBackward, .expansionBackward:
                #expect(profile.total(kind) == .zero)
            case .classifierForward, .loss, .classifierBackward: #expect(profile.total(kind) > .zero)
            case .convolutionForward, .normalization, .reductions, .convolutionBackward:
                for layer in network.taps.indices { #expect(profile.duration(kind, layer: layer) > .zero, "\(kind) \(layer)") }
            }
        }
        #expect(profile.total < time)
    }

    @Test(arguments: [
        ModelSpecification(name: "vgg11", width: 3, inputChannels: 3, labels: 4),
        ModelSpecification(name: "efficientnet-b0", inputChannels: 3, labels: 4),
    ])
    func arenasAreAsLargeAsForetold(specification: ModelSpecification) throws {
        let network = try Network(specification)
        #expect(TrainingLane.arenaByteCount(network, shardSize: 3) == TrainingLane(network, shardSize: 3).arenaByteCount)
        for keepsTaps in [true, false] {
            let lane = InferenceLane(network, shardSize: 5, keepsTaps: keepsTaps)
            #expect(InferenceLane.arenaByteCount(network, shardSize: 5, keepsTaps: keepsTaps) == lane.arenaByteCount)
        }
    }
}
