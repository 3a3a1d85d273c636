import Diagnostics
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// Networks without the channels that a mask empties.
@Suite struct CompactNetworkTests {
    private static func network(
        _ name: String = "vgg11", width: Int, inputSize: Int = 32, classifier: ModelSpecification.Classifier = .linear,
        batchNorm: Bool = true
    ) throws -> Network {
        try Network(ModelSpecification(
            name: name, width: width, classifier: classifier, batchNorm: batchNorm, inputSize: inputSize, inputChannels: 3, labels: 5))
    }

    /// Random weights, with batch norms away from their first values so that some empty channels are zero and others are not.
    private static func weights(_ network: Network, seed: UInt64) -> (parameters: ParameterVector, statistics: ParameterVector) {
        let parameters = network.initialParameters(seed: seed)
        let statistics = network.initialStatistics()
        var stream = RandomStream(seed: seed, purpose: .synthetic)
        for entry in network.parameterLayout.entries where entry.name.hasSuffix(".bias") || entry.shape.rank == 2 {
            let buffer = parameters.buffer(entry)
            for index in 0..<buffer.count { buffer[index] = stream.nextUniform() - 0.5 }
        }
        for entry in network.statisticsLayout.entries {
            let buffer = statistics.buffer(entry)
            let isMean = entry.name.hasSuffix(".running_mean")
            for index in 0..<buffer.count { buffer[index] = isMean ? stream.nextUniform() * 0.2 - 0.1 : stream.nextUniform() + 0.5 }
        }
        return (parameters, statistics)
    }

    /// The layers that can be pruned, from convolution `first` on, counted from 0; the classifier comes after the last.
    private static func layers(_ network: Network, from first: Int) -> [(layer: PrunableLayer, isClassifier: Bool)] {
        let convolutions = (first..<network.taps.count).map { (network.prunableConvolution($0), false) }
        return convolutions + (network.prunableClassifier.map { [($0, true)] } ?? [])
    }

    /// Masks by the weights' names, and the weights cut by them. Whole filters fall silent, as in AFCC, beside single connections.
    private static func cut(
        _ network: Network, _ parameters: ParameterVector, from first: Int, density: Float, seed: UInt64
    ) -> [String: [Bool]] {
        var stream = RandomStream(seed: seed, purpose: .synthetic, minor: 1)
        var kept: [String: [Bool]] = [:]
        for (layer, isClassifier) in layers(network, from: first) {
            let inputs = (0..<layer.inputs).map { _ in stream.nextUniform() < 0.6 }
            let outputs = (0..<layer.outputs).map { _ in isClassifier || stream.nextUniform() < 0.6 }
            let own = (0..<layer.connections).map {
                outputs[$0 / layer.inputs] && inputs[$0 % layer.inputs] && stream.nextUniform() < density
            }
            layer.cut(parameters, kept: own)
            kept[layer.tensor] = own
        }
        return kept
    }

    private static func logits(_ network: Network, _ parameters: ParameterVector, _ statistics: ParameterVector) -> [Float] {
        let lane = InferenceLane(network, shardSize: 4, keepsTaps: false)
        var stream = RandomStream(seed: 9, purpose: .synthetic)
        for index in 0..<lane.input.count { lane.input[index] = stream.nextUniform() * 2 - 1 }
        return lane.run(sampleCount: 4, parameters: parameters, statistics: statistics).array
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let width: Int, inputSize: Int, classifier: ModelSpecification.Classifier, batchNorm: Bool, first: Int, density: Float
        var testDescription: String { "width \(width) size \(inputSize) \(classifier) norm \(batchNorm) from \(first) density \(density)" }
    }

    @Test(arguments: [
        Case(width: 5, inputSize: 32, classifier: .linear, batchNorm: true, first: 1, density: 0.5),
        Case(width: 5, inputSize: 32, classifier: .linear, batchNorm: true, first: 1, density: 0.05),
        Case(width: 7, inputSize: 64, classifier: .linear, batchNorm: true, first: 4, density: 0.2),
        Case(width: 16, inputSize: 32, classifier: .linear, batchNorm: true, first: 3, density: 0.1),
        Case(width: 5, inputSize: 32, classifier: .linear, batchNorm: false, first: 2, density: 0.3),
        Case(width: 3, inputSize: 32, classifier: .mlp, batchNorm: true, first: 2, density: 0.2),
        Case(width: 5, inputSize: 32, classifier: .linear, batchNorm: true, first: 8, density: 0.3),
    ], [UInt64](1...4))
    func compactGivesTheSameLogits(_ example: Case, seed: UInt64) throws {
        let network = try Self.network(
            width: example.width, inputSize: example.inputSize, classifier: example.classifier, batchNorm: example.batchNorm)
        let (parameters, statistics) = Self.weights(network, seed: seed)
        let kept = Self.cut(network, parameters, from: example.first, density: example.density, seed: seed)
        let dense = Self.logits(network, parameters, statistics)
        let compact = try #require(try network.compacted(parameters: parameters, statistics: statistics, kept: kept))
        #expect(compact.network.multiplyAdds < network.multiplyAdds)
        for (channels, tap) in zip(compact.channels, network.taps) where tap.channels % 16 == 0 { #expect(channels.count % 16 == 0) }
        expectClose(Self.logits(compact.network, compact.parameters, compact.statistics), dense, relative: 1e-5)
    }

    /// A channel without incoming kernels is zero or a constant above it; only the first kind may go.
    @Test(arguments: [-0.25 as Float, 0.25])
    func aConstantAboveZeroStays(shift: Float) throws {
        let network = try Self.network(width: 5, inputSize: 64)
        let (parameters, statistics) = Self.weights(network, seed: 2)
        let layer = network.prunableConvolution(3)
        var kept = [Bool](repeating: true, count: layer.connections)
        for input in 0..<layer.inputs { kept[5 * layer.inputs + input] = false }
        layer.cut(parameters, kept: kept)
        // conv4 of vgg11: bias 0 and mean 0, so that the shift is all there is.
        parameters.buffer("features.11.bias")[5] = 0
        statistics.buffer("features.12.running_mean")[5] = 0
        parameters.buffer("features.12.bias")[5] = shift
        #expect(layer.tensor == "features.11.weight")
        let compact = try network.compacted(parameters: parameters, statistics: statistics, kept: [layer.tensor: kept])
        guard shift < 0 else {
            #expect(compact == nil)
            return
        }
        let smaller = try #require(compact)
        #expect(smaller.channels[3] == (0..<20).filter { $0 != 5 })
        expectClose(
            Self.logits(smaller.network, smaller.parameters, smaller.statistics), Self.logits(network, parameters, statistics), relative: 1e-5)
    }

    @Test func aWholeMaskLeavesNothingOut() throws {
        let network = try Self.network(width: 4)
        let (parameters, statistics) = Self.weights(network, seed: 1)
        let kept = Dictionary(uniqueKeysWithValues: Self.layers(network, from: 1).map {
            ($0.layer.tensor, [Bool](repeating: true, count: $0.layer.connections))
        })
        #expect(try network.compacted(parameters: parameters, statistics: statistics, kept: kept) == nil)
        #expect(try network.compacted(parameters: parameters, statistics: statistics, kept: [:]) == nil)
    }

    /// Nothing at all stays: the logits are the classifier's bias.
    @Test func anEmptyMaskLeavesOneChannelEach() throws {
        let network = try Self.network(width: 5)
        let (parameters, statistics) = Self.weights(network, seed: 1)
        var kept: [String: [Bool]] = [:]
        for (layer, _) in Self.layers(network, from: 1) {
            kept[layer.tensor] = [Bool](repeating: false, count: layer.connections)
            layer.cut(parameters, kept: [Bool](repeating: false, count: layer.connections))
        }
        let compact = try #require(try network.compacted(parameters: parameters, statistics: statistics, kept: kept))
        #expect(compact.channels.allSatisfy { $0.count == 1 })
        #expect(Self.logits(compact.network, compact.parameters, compact.statistics) == Self.logits(network, parameters, statistics))
    }

    @Test func masksOfOtherNetworksAreRefused() throws {
        let network = try Self.network(width: 4)
        let (parameters, statistics) = Self.weights(network, seed: 1)
        for kept in [["features.4.weight": [true]], ["features.5.weight": [Bool](repeating: true, count: 32)]] {
            #expect(throws: Problem.self) { try network.compacted(parameters: parameters, statistics: statistics, kept: kept) }
        }
    }

    @Test func olderSpecificationsStillDecode() throws {
        let specification = ModelSpecification(name: "vgg11", width: 4, inputChannels: 3, labels: 5)
        let data = try JSONEncoder().encode(specification)
        #expect(!String(decoding: data, as: UTF8.self).contains("channels\":["))
        #expect(try JSONDecoder().decode(ModelSpecification.self, from: data) == specification)
        var wrong = specification
        wrong.channels = [4, 8]
        #expect(throws: Problem.self) { try Network(wrong) }
        wrong.channels = [4, 8, 16, 0, 16, 16, 16, 16]
        #expect(throws: Problem.self) { try Network(wrong) }
    }
}
