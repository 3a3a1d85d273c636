import Diagnostics
import Foundation
import Kernels
import Networks
import Tensors
import TestSupport
import Testing

struct HeadTests {
    private let network: Network
    private let lane: InferenceLane
    private let count = 5
    private let labels: [Int32] = [2, 0, 5, 5, 1]

    init() throws {
        network = try Network(ModelSpecification(name: "vgg11", width: 3, inputSize: 64, inputChannels: 3, labels: 4))
        lane = InferenceLane(network, shardSize: 6)
        let images = randomFloats(count * network.inputCount, seed: 1)
        lane.input.slice(0, images.count).copy(from: images)
        _ = lane.run(
            sampleCount: count, parameters: network.initialParameters(seed: 1), statistics: network.initialStatistics())
    }

    @Test func layoutNamesEveryTap() throws {
        let heads = try HeadSet(network, labels: 6)
        #expect(heads.layout.entries.map(\.name) == (1...8).map { "head.conv\($0).weight" })
        #expect(heads.layout.entries.map(\.shape) == network.taps.map { [6, $0.count] })
        #expect(heads.heads.allSatisfy { !$0.isPooled })
        let pooled = try HeadSet(network, labels: 6, headPool: 5, layers: ["conv8", "conv2"])
        #expect(pooled.layout.entries.map(\.name) == ["head.conv2.weight", "head.conv8.weight"])
        // conv2's map is 16×16, conv8's 2×2, smaller than 5×5.
        #expect(pooled.heads.map(\.positions) == [25, 4])
        #expect(pooled.heads.map(\.isPooled) == [true, false])
        #expect(pooled.layout.entries.map(\.shape) == [[6, 25 * 6], [6, 4 * 24]])
    }

    @Test func impossibleHeadsAreRefused() {
        #expect(throws: Problem("labels is 0", remedy: "use a whole number from 1 to 1048576")) {
            try HeadSet(network, labels: 0)
        }
        #expect(throws: Problem("unknown layer \"cnv2\"", remedy: "did you mean \"conv2\"?")) {
            try HeadSet(network, labels: 2, layers: ["cnv2"])
        }
        #expect(throws: Problem.self) { try HeadSet(network, labels: 2, headPool: 0) }
    }

    @Test func initialWeightsAreUniformAndTheHeadsOwn() throws {
        let all = try HeadSet(network, labels: 6).initialParameters(seed: 4)
        let values = all.buffer("head.conv2.weight").array
        let bound = 1 / Float(network.taps[1].count).squareRoot()
        #expect(values.allSatisfy { abs($0) <= bound })
        let deviation = (values.reduce(0) { $0 + Double($1 * $1) } / Double(values.count)).squareRoot()
        #expect(abs(deviation / (Double(bound) / 3.0.squareRoot()) - 1) < 0.05)
        let one = try HeadSet(network, labels: 6, layers: ["conv2"]).initialParameters(seed: 4)
        #expect(one.buffer("head.conv2.weight").array == values)
    }

    /// Loss, correct answers and gradients of every head against softmax regression written out in Double.
    @Test(arguments: [nil, 1, 3, 4] as [Int?])
    func lossAndGradientFollowTheFormula(headPool: Int?) throws {
        let heads = try HeadSet(network, labels: 6, headPool: headPool)
        let parameters = heads.initialParameters(seed: 2)
        let gradients = ParameterVector(heads.layout)
        for entry in heads.layout.entries { gradients.buffer(entry).fill(.nan) }
        let training = HeadTrainingLane(heads, shardSize: 6)
        let outcomes = training.run(lane, labels: labels, parameters: parameters, gradients: gradients, gradientScale: 0.25)
        #expect(outcomes.count == 8)
        #expect(training.evaluate(lane, labels: labels, parameters: parameters) == outcomes)
        for (index, head) in heads.heads.enumerated() {
            let entry = heads.layout.entries[index]
            let features = pooled(lane.tap(index).array, network.taps[index], head)
            let (loss, correct, gradient) = softmaxRegression(features, parameters.buffer(entry).array.map(Double.init), scale: 0.25)
            #expect(abs(outcomes[index].lossSum - loss) < 1e-5 * loss, "\(head.layer)")
            #expect(outcomes[index].correct == correct, "\(head.layer)")
            expectClose(gradients.buffer(entry).array, gradient, relative: 1e-5, head.layer)
            expectClose(training.features(index, of: lane).array, features, relative: 1e-6, head.layer)
        }
    }

    /// A mixture's loss and gradient are those of its two labels, weighted.
    @Test func mixturesCountForBothLabels() throws {
        let heads = try HeadSet(network, labels: 6)
        let parameters = heads.initialParameters(seed: 2)
        let training = HeadTrainingLane(heads, shardSize: 6)
        func run(_ labels: [Int32], _ shares: [LabelShare]? = nil) -> (outcomes: [ShardOutcome], gradients: [Double]) {
            let gradients = ParameterVector(heads.layout)
            let outcomes = training.run(
                lane, labels: labels, shares: shares, parameters: parameters, gradients: gradients, gradientScale: 0.25)
            return (outcomes, gradients.buffer.array.map(Double.init))
        }
        let others: [Int32] = [1, 1, 0, 5, 3]
        let (own, other) = (run(labels), run(others))
        let mixed = run(labels, others.map { LabelShare(otherLabel: $0, weight: 0.25) })
        expectClose(
            mixed.gradients, zip(own.gradients, other.gradients).map { 0.25 * $0 + 0.75 * $1 }, relative: 1e-5, "gradients")
        for (index, outcome) in mixed.outcomes.enumerated() {
            let loss = 0.25 * own.outcomes[index].lossSum + 0.75 * other.outcomes[index].lossSum
            #expect(abs(outcome.lossSum - loss) < 1e-6 * loss)
            #expect(outcome.correct == other.outcomes[index].correct, "the heavier label counts")
        }
    }

    @Test func gradientStepsLowerEveryHeadsLoss() throws {
        let heads = try HeadSet(network, labels: 6, headPool: 2)
        let parameters = heads.initialParameters(seed: 2)
        let gradients = ParameterVector(heads.layout)
        let training = HeadTrainingLane(heads, shardSize: 6)
        let before = training.run(lane, labels: labels, parameters: parameters, gradients: gradients, gradientScale: 0.2)
        for entry in heads.layout.entries {
            let (weights, gradient) = (parameters.buffer(entry), gradients.buffer(entry))
            for index in 0..<entry.count { weights[index] -= 0.05 * gradient[index] }
        }
        let after = training.evaluate(lane, labels: labels, parameters: parameters)
        for (old, new) in zip(before, after) { #expect(new.lossSum < old.lossSum) }
    }

    /// PyTorch's adaptive average pool, window by window, on [N, H, W, C].
    private func pooled(_ values: [Float], _ tap: Tap, _ head: Head) -> [Double] {
        var result: [Double] = []
        for sample in 0..<count {
            for i in 0..<head.height {
                for j in 0..<head.width {
                    let rows = i * tap.height / head.height..<((i + 1) * tap.height + head.height - 1) / head.height
                    let columns = j * tap.width / head.width..<((j + 1) * tap.width + head.width - 1) / head.width
                    for channel in 0..<tap.channels {
                        var sum = 0.0
                        for row in rows {
                            for column in columns {
                                sum += Double(values[((sample * tap.height + row) * tap.width + column) * tap.channels + channel])
                            }
                        }
                        result.append(sum / Double(rows.count * columns.count))
                    }
                }
            }
        }
        return result
    }

    private func softmaxRegression(
        _ features: [Double], _ weights: [Double], scale: Double
    ) -> (loss: Double, correct: Int, gradient: [Double]) {
        let inputs = features.count / count
        var (loss, correct) = (0.0, 0)
        var gradient = [Double](repeating: 0, count: weights.count)
        for sample in 0..<count {
            let row = features[sample * inputs..<(sample + 1) * inputs]
            let logits = (0..<6).map { label in zip(row, weights[label * inputs..<(label + 1) * inputs]).reduce(0) { $0 + $1.0 * $1.1 } }
            let total = logits.reduce(0) { $0 + exp($1) }
            let label = Int(labels[sample])
            loss += log(total) - logits[label]
            if logits.indices.allSatisfy({ $0 == label || logits[$0] < logits[label] }) { correct += 1 }
            for output in 0..<6 {
                let slope = scale * (exp(logits[output]) / total - (output == label ? 1 : 0))
                for (input, value) in row.enumerated() { gradient[output * inputs + input] += slope * value }
            }
        }
        return (loss, correct, gradient)
    }
}
