import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct OptimizerTests {
    @Test(arguments: [(0.1, 0.9, 1e-3), (0.05, 0, 0), (0.02, 0.975, 0)])
    func tenStepsAgreeWithReference(learningRate: Double, momentum: Double, weightDecay: Double) {
        let count = 37
        let start = randomFloats(count, seed: 1)
        let (weights, velocity) = (Memory(start), Memory([Float](repeating: 0, count: count)))
        var expected = start.map(Double.init)
        var expectedVelocity = [Double](repeating: 0, count: count)
        for step in 0..<10 {
            let gradient = Memory(randomFloats(count, seed: UInt64(10 + step)))
            nesterovStep(
                weights: weights.buffer, velocity: velocity.buffer, gradient: gradient.buffer,
                learningRate: Float(learningRate), momentum: Float(momentum), weightDecay: Float(weightDecay))
            Reference.nesterovStep(
                weights: &expected, velocity: &expectedVelocity, gradient: gradient.doubles, learningRate: learningRate,
                momentum: momentum, weightDecay: weightDecay)
        }
        // Ten steps of three roundings each, on values of about one.
        expectClose(weights.array, expected, relative: 2e-6)
        expectClose(velocity.array, expectedVelocity, relative: 2e-6)
    }

    /// By hand from w = 1, v = 0, g = 2, rate 0.5, momentum 0.5, decay 1: g = 3, v = 3, w = 1 − 0.5 · 4.5 = −1.25; then
    /// with g = 0: g = −1.25, v = 0.25, w = −1.25 − 0.5 · (−1.125) = −0.6875.
    @Test func twoStepsByHand() {
        let (weights, velocity) = (Memory([1]), Memory([0]))
        for (gradient, expectedWeight, expectedVelocity) in [(Float(2), Float(-1.25), Float(3)), (0, -0.6875, 0.25)] {
            let gradient = Memory([gradient])
            nesterovStep(
                weights: weights.buffer, velocity: velocity.buffer, gradient: gradient.buffer, learningRate: 0.5,
                momentum: 0.5, weightDecay: 1)
            #expect(weights.array == [expectedWeight])
            #expect(velocity.array == [expectedVelocity])
            withExtendedLifetime(gradient) {}
        }
    }

    @Test(arguments: [0, 1, 16, 35]) func sumsAndScales(count: Int) {
        let (left, right) = (randomFloats(count, seed: 1), randomFloats(count, seed: 2))
        let (target, source) = (Memory(left), Memory(right))
        addInto(target.buffer, source.buffer)
        #expect(target.array == zip(left, right).map { $0 + $1 })
        scale(target.buffer, by: 0.25)
        #expect(target.array == zip(left, right).map { ($0 + $1) * 0.25 })
        withExtendedLifetime(source) {}
    }
}
