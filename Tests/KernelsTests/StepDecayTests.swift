import Kernels
import Testing

@Suite struct StepDecayTests {
    @Test(arguments: [1, 3, 20]) func agreesWithMultiplyingAlongTheWay(every: Int) {
        let byStep = StepDecay(initialRate: 0.028, factor: 0.6, every: every, unit: .steps)
        let byEpoch = StepDecay(initialRate: 0.028, factor: 0.6, every: every, unit: .epochs)
        var rate = 0.028
        for count in 0..<100 {
            if count > 0, count % every == 0 { rate *= 0.6 }
            // A power against as many roundings of a running product.
            #expect(abs(byStep.rate(step: count, epoch: 7) / rate - 1) < 1e-13)
            #expect(byEpoch.rate(step: 7, epoch: count) == byStep.rate(step: count, epoch: 7))
        }
    }

    @Test func factorOneKeepsTheRate() {
        #expect(StepDecay(initialRate: 0.1, factor: 1, every: 1, unit: .steps).rate(step: 1_000_000, epoch: 0) == 0.1)
    }
}
