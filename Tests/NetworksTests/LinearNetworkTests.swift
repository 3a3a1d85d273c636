import Diagnostics
import Foundation
import Kernels
import Networks
import Tensors
import TestSupport
import Testing

/// One linear layer on the flattened image, against plain loops in Double.
struct LinearNetworkTests {
    private static let specification = ModelSpecification(name: "linear", inputSize: 7, inputChannels: 3, labels: 5)
    private let network: Network
    private let weights: ParameterVector
    private let count = 6
    private let images: [Float]
    private let labels: [Int32] = [0, 4, 2, 1, 3, 2]

    init() throws {
        network = try Network(Self.specification)
        weights = network.initialParameters(seed: 4)
        for (index, value) in randomFloats(5, seed: 8).enumerated() { weights.buffer("classifier.bias")[index] = value }
        images = randomFloats(count * network.inputCount, seed: 5)
    }

    private var context: DropoutContext { DropoutContext(seed: 1, step: 1, sampleIndices: Array(0..<count)) }

    /// Loss and gradient of a mean over `batch` samples, in Double.
    private func plain(_ weights: [Double], _ bias: [Double], batch: Double) -> (loss: Double, weights: [Double], bias: [Double], logits: [Double]) {
        let (inputs, outputs) = (network.inputCount, 5)
        var (loss, weightGradient, biasGradient, all) = (0.0, [Double](repeating: 0, count: weights.count), [Double](repeating: 0, count: outputs), [Double]())
        for sample in 0..<count {
            var logits = bias
            for output in 0..<outputs {
                for input in 0..<inputs { logits[output] += weights[output * inputs + input] * Double(images[sample * inputs + input]) }
            }
            all += logits
            let largest = logits.reduce(logits[0]) { max($0, $1) }
            let powers = logits.map { exp($0 - largest) }
            let sum = powers.reduce(0, +)
            loss += log(sum) + largest - logits[Int(labels[sample])]
            for output in 0..<outputs {
                let slope = (powers[output] / sum - (output == Int(labels[sample]) ? 1 : 0)) / batch
                biasGradient[output] += slope
                for input in 0..<inputs { weightGradient[output * inputs + input] += slope * Double(images[sample * inputs + input]) }
            }
        }
        return (loss, weightGradient, biasGradient, all)
    }

    private func doubles(_ name: String) -> [Double] { weights.buffer(name).array.map(Double.init) }

    /// A logit is a sum of 148 products and a gradient one of 6: some √148 · 2⁻²⁴ ≈ 7e-7 of the largest.
    @Test func lossAndGradientAreThoseOfPlainLoops() {
        let lane = TrainingLane(network, shardSize: count)
        lane.input.copy(from: images)
        let gradients = ParameterVector(network.parameterLayout)
        for entry in network.parameterLayout.entries { gradients.buffer(entry).fill(.nan) }
        let outcome = lane.run(
            sampleCount: count, labels: labels, parameters: weights, gradients: gradients,
            batchStatistics: ParameterVector(network.statisticsLayout), gradientScale: 1 / 40, dropout: context)
        let expected = plain(doubles("classifier.weight"), doubles("classifier.bias"), batch: 40)
        #expect(abs(outcome.lossSum / expected.loss - 1) < 5e-6)
        expectClose(gradients.buffer("classifier.weight").array, expected.weights, relative: 5e-6, "weights")
        expectClose(gradients.buffer("classifier.bias").array, expected.bias, relative: 5e-6, "bias")
        let right = (0..<count).count { sample in
            let row = Array(expected.logits[5 * sample..<5 * sample + 5])
            return row.firstIndex(of: row.max() ?? 0) == Int(labels[sample])
        }
        #expect(outcome.correct == right)
    }

    /// The plain loops' own gradient is the slope of their loss: central differences in Double err by some ε².
    @Test func thePlainGradientIsTheSlopeOfTheLoss() {
        let (start, bias) = (doubles("classifier.weight"), doubles("classifier.bias"))
        let gradient = plain(start, bias, batch: 1)
        for index in stride(from: 0, to: start.count, by: 37) {
            var (ahead, behind) = (start, start)
            ahead[index] += 1e-5
            behind[index] -= 1e-5
            let slope = (plain(ahead, bias, batch: 1).loss - plain(behind, bias, batch: 1).loss) / 2e-5
            #expect(abs(slope - gradient.weights[index]) < 1e-8)
        }
    }

    @Test func aSecondShardAddsWithTheBitsOfTwoAdded() {
        let lane = TrainingLane(network, shardSize: count)
        let statistics = ParameterVector(network.statisticsLayout)
        func run(_ images: [Float], _ gradients: ParameterVector, adds: Bool) {
            lane.input.copy(from: images)
            _ = lane.run(
                sampleCount: count, labels: labels, parameters: weights, gradients: gradients, adds: adds, batchStatistics: statistics,
                gradientScale: 0.1, dropout: context)
        }
        let others = randomFloats(count * network.inputCount, seed: 6)
        let (both, first, second) = (
            ParameterVector(network.parameterLayout), ParameterVector(network.parameterLayout), ParameterVector(network.parameterLayout))
        run(images, both, adds: false)
        run(others, both, adds: true)
        run(images, first, adds: false)
        run(others, second, adds: false)
        #expect(both.buffer.array == zip(first.buffer.array, second.buffer.array).map { $0 + $1 })
    }

    @Test(arguments: [true, false]) func logitsOfTheFrozenNetworkAreThoseOfPlainLoops(keepsTaps: Bool) {
        let lane = InferenceLane(network, shardSize: count, keepsTaps: keepsTaps)
        lane.input.copy(from: images)
        let logits = lane.run(sampleCount: count, parameters: weights, statistics: network.initialStatistics())
        expectClose(logits.array, plain(doubles("classifier.weight"), doubles("classifier.bias"), batch: 1).logits, relative: 5e-6)
    }

    /// PyTorch's names, and its order: a flattened image runs channel, row, column.
    @Test func weightFilesAreThoseOfPyTorch() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("linear.safetensors")
        try network.saveWeights(parameters: weights, statistics: network.initialStatistics(), path: path)
        let file = try SafetensorsFile(path: path)
        #expect(Set(file.entries.map(\.name)) == ["classifier.weight", "classifier.bias"])
        #expect(try file.entry("classifier.weight").shape == [5, 3 * 7 * 7])
        let (stored, own) = (try file.floats("classifier.weight").array, weights.buffer("classifier.weight").array)
        for (label, channel, row, column) in [(0, 0, 0, 0), (4, 2, 6, 6), (3, 1, 5, 2)] {
            #expect(stored[label * 147 + channel * 49 + row * 7 + column] == own[label * 147 + (row * 7 + column) * 3 + channel])
        }
        let loaded = try network.loadWeights(path: path).parameters
        #expect(loaded.buffer.array == weights.buffer.array)
        withExtendedLifetime(loaded) {}

        let traits = WeightFileTraits(file)
        #expect(traits.name == "linear" && traits.inputSize == 7 && traits.inputChannels == 3 && traits.labels == 5)
        #expect(try NamedWeights(file).network.specification.summary == "linear (7×7×3, 5 labels)")
    }

    @Test func itHasNoFiltersAndSaysSo() throws {
        #expect(network.taps.isEmpty && network.convolutionLayers.isEmpty && network.statisticsLayout.totalCount == 0)
        #expect(network.layers.map(\.name) == ["classifier"] && network.parameterCount == 5 * 147 + 5 && network.multiplyAdds == 5 * 147)
        #expect(try HeadSet(network, labels: 5).heads.isEmpty)
        let directory = try TemporaryDirectory()
        var writer = SafetensorsWriter()
        writer.add("head.conv1.weight", [5, 4], [Float](repeating: 0, count: 20))
        try writer.write(to: directory.file("heads.safetensors"))
        let heads = try SafetensorsFile(path: directory.file("heads.safetensors"))
        #expect { try HeadSet(network, in: heads) } throws: { "\($0)".contains("linear has no filters") }
    }

    @Test func whatItCannotHaveIsRefused() {
        var specification = Self.specification
        specification.classifier = .mlp
        #expect(throws: Problem.self) { try specification.validate() }
        specification = Self.specification
        specification.channels = [3]
        #expect(throws: Problem.self) { try specification.validate() }
        specification = Self.specification
        specification.inputSize = 0
        #expect(throws: Problem.self) { try specification.validate() }
    }
}
