import Kernels
import Networks
import Tensors
import TestSupport
import Testing

/// Training by the fast convolutions against training by direct sums.
struct LossCurveTests {
    /// A network of which every layer but the first goes by tiles.
    private static let specification = ModelSpecification(name: "vgg11", width: 16, inputChannels: 3, labels: 5)
    private static let steps = 40
    private static let batch = 20

    /// The losses of forty steps on images whose label is a faint pattern in noise, so that there is something to learn.
    ///
    /// - Parameter nudge: relative change of every weight at the start, up or down.
    private func losses(_ convolutions: Network.Convolutions, nudge: Float = 0) throws -> [Double] {
        let network = try Network(Self.specification, convolutions: convolutions)
        let parameters = network.initialParameters(seed: 4)
        let signs = randomFloats(parameters.buffer.count, seed: 6)
        for index in 0..<parameters.buffer.count { parameters.buffer[index] *= 1 + (signs[index] < 0 ? -nudge : nudge) }
        let (velocity, gradients) = (ParameterVector(network.parameterLayout), ParameterVector(network.parameterLayout))
        let statistics = ParameterVector(network.statisticsLayout)
        let lane = TrainingLane(network, shardSize: Self.batch)
        let patterns = (0..<5).map { randomFloats(network.inputCount, seed: 100 + UInt64($0)) }
        return (0..<Self.steps).map { step in
            let labels = (0..<Self.batch).map { Int32(($0 + step) % 5) }
            var images = randomFloats(Self.batch * network.inputCount, seed: 200 + UInt64(step))
            for index in images.indices {
                images[index] += 0.5 * patterns[Int(labels[index / network.inputCount])][index % network.inputCount]
            }
            lane.input.copy(from: images)
            let outcome = lane.run(
                sampleCount: Self.batch, labels: labels, parameters: parameters, gradients: gradients, batchStatistics: statistics,
                gradientScale: 1 / Float(Self.batch), dropout: DropoutContext(seed: 1, step: step, sampleIndices: Array(0..<Self.batch)))
            nesterovStep(
                weights: parameters.buffer, velocity: velocity.buffer, gradient: gradients.buffer, learningRate: 0.01, momentum: 0.9,
                weightDecay: 1e-3)
            return outcome.lossSum / Double(Self.batch)
        }
    }

    /// Training magnifies any rounding, by ReLUs and maxima that switch, so two right computations part. How fast is measured here, too: by
    /// direct sums from weights that are a little off, by as much as one layer's rounding: 2⁻²² to 2⁻²⁰, which is what a layer of these
    /// convolutions errs by (`filterscope bench accuracy`). The fast convolutions' curve may part as far as the farthest of those,
    /// with a factor of three for being one draw more; and it must fall as far.
    @Test func curveIsThatOfDirectSums() throws {
        let direct = try losses(.direct)
        let nudged = try ([0x1p-22, 0x1p-21, 0x1p-20] as [Float]).map { try losses(.direct, nudge: $0) }
        let fast = try losses(.byShape)
        #expect(fast != direct)
        func distance(_ curve: [Double], through step: Int) -> Double {
            zip(curve, direct).prefix(step + 1).map { abs($0 - $1) / $1 }.max() ?? .infinity
        }
        // The first loss has seen no training: forward passes alone.
        #expect(distance(fast, through: 0) < 1e-5)
        for step in [4, 9, 19, Self.steps - 1] {
            let (parted, floor) = (distance(fast, through: step), nudged.map { distance($0, through: step) }.max() ?? 0)
            #expect(parted <= 3 * floor, "after \(step + 1) steps \(parted), and \(floor) from one rounding alone")
        }
        let (start, end) = (direct.prefix(5).reduce(0, +) / 5, fast.suffix(5).reduce(0, +) / 5)
        #expect(end < 0.5 * start, "the loss fell from \(start) to \(end)")
    }
}
