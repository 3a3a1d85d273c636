import Networks
import Tensors
import TestSupport
import Testing

struct DirectionalDerivativeTests {
    /// The gradient against finite differences of the whole network along the gradient itself and along random directions
    /// of one tensor each: d/dε loss(w + ε·u) = gradient · u.
    ///
    /// Central differences in float32. A shorter step drowns in rounding, and within a longer one too many units switch
    /// at a ReLU or a max-pool; at ε = 5e-4 both stayed below 1 % of a tensor's gradient, so 2 % is the limit. A wrong term
    /// in backward is off by far more. Where a tensor's gradient is small, as some of an
    /// EfficientNet's are, the loss's own rounding counts, a few units in its last place.
    @Test(arguments: LaneTests.specifications)
    func gradientIsTheSlopeOfTheLoss(specification: ModelSpecification) throws {
        let network = try Network(specification)
        let weights = network.initialParameters(seed: 3)
        let count = 6
        let step: Float = 5e-4
        let lane = TrainingLane(network, shardSize: count)
        lane.input.copy(from: randomFloats(count * network.inputCount, seed: 5))
        let gradients = ParameterVector(network.parameterLayout)
        let statistics = ParameterVector(network.statisticsLayout)
        func loss(_ parameters: ParameterVector) -> Double {
            lane.run(
                sampleCount: count, labels: (0..<count).map { Int32($0 % specification.labels) }, parameters: parameters,
                gradients: gradients, batchStatistics: statistics, gradientScale: 1,
                dropout: DropoutContext(seed: 1, step: 1, sampleIndices: Array(0..<count))
            ).lossSum
        }
        let rounding = 4e-7 * loss(weights) / Double(step)
        let gradient = gradients.copy()
        /// Along a unit vector.
        func slope(_ direction: [Float], step: Float) -> Double {
            let (ahead, behind) = (weights.copy(), weights.copy())
            for (index, value) in direction.enumerated() {
                ahead.buffer[index] += step * value
                behind.buffer[index] -= step * value
            }
            return (loss(ahead) - loss(behind)) / (2 * Double(step))
        }
        let length = norm(gradient.buffer.array)
        let steepest = slope(gradient.buffer.array.map { $0 / Float(length) }, step: step)
        #expect(abs(steepest / length - 1) < 0.02, "whole network: slope \(steepest), gradient \(length)")
        for entry in network.parameterLayout.entries where entry.name.hasSuffix(".weight") {
            let part = gradient.buffer(entry).array
            let partLength = norm(part)
            // A direction that shares in the tensor's gradient and is otherwise random.
            let noise = randomFloats(entry.count, seed: UInt64(entry.offset)).map { $0 / Float(entry.count).squareRoot() }
            var tensor = zip(part, noise).map { $0 / Float(partLength) + $1 }
            let tensorLength = Float(norm(tensor))
            tensor = tensor.map { $0 / tensorLength }
            var direction = [Float](repeating: 0, count: network.parameterLayout.totalCount)
            direction.replaceSubrange(entry.offset..<entry.offset + entry.count, with: tensor)
            let expected = zip(part, tensor).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            let found = slope(direction, step: step)
            #expect(abs(found - expected) < 0.02 * partLength + rounding, "\(entry.name): slope \(found), gradient \(expected)")
        }
    }

    private func norm(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
}
