import Kernels
import TestSupport
import Testing

/// Schedules with a warm-up before them, beside PyTorch's SequentialLR of LinearLR and the main schedule.
@Suite struct ScheduleTests {
    private func schedule(_ own: OptimizerFixture.Schedule, _ unit: StepDecay.Unit, stepsPerEpoch: Int) throws -> LearningRateSchedule {
        let main: LearningRateSchedule =
            switch own.main {
            case "cosine":
                .cosine(CosineDecay(
                    initialRate: own.rate, leastRate: try #require(own.least), count: own.total - own.warmup, unit: unit))
            case "exponential":
                .exponential(ExponentialDecay(
                    initialRate: own.rate, factor: try #require(own.factor), every: try #require(own.every), unit: unit))
            default:
                .stepDecay(StepDecay(
                    initialRate: own.rate, factor: try #require(own.factor), every: try #require(own.every), unit: unit))
            }
        guard own.warmup > 0 else { return main }
        return .warmUp(
            LinearWarmUp(rate: own.rate, startFactor: own.start, count: own.warmup, unit: unit, stepsPerEpoch: stepsPerEpoch), then: main)
    }

    /// PyTorch multiplies along the way, and its cosine goes from rate to rate by quotients: some roundings more for each step.
    private let tolerance = 1e-13

    @Test func agreesWithPyTorchStepByStep() throws {
        let cases = try OptimizerFixture.recorded.get().schedules
        #expect(Set(cases.map(\.main)) == ["cosine", "exponential", "step-decay"])
        for own in cases {
            let schedule = try schedule(own, .steps, stepsPerEpoch: 4)
            for (step, rate) in own.rates.enumerated() {
                #expect(abs(schedule.rate(step: step, epoch: step / 4) - rate) <= tolerance * own.rate, "\(own.main) \(step)")
            }
        }
    }

    /// Counted in epochs, every step of an epoch has the epoch's rate.
    @Test func agreesWithPyTorchEpochByEpoch() throws {
        for own in try OptimizerFixture.recorded.get().schedules {
            let schedule = try schedule(own, .epochs, stepsPerEpoch: 7)
            for (epoch, rate) in own.rates.enumerated() {
                for step in [7 * epoch, 7 * epoch + 6] {
                    #expect(abs(schedule.rate(step: step, epoch: epoch) - rate) <= tolerance * own.rate, "\(own.main) \(epoch)")
                }
            }
        }
    }

    /// After 10 steps the epochs of the schedule behind begin anew, at steps 10, 14, 18 …
    @Test func epochsCountFromTheWarmUpsEnd() {
        let schedule = LearningRateSchedule.warmUp(
            LinearWarmUp(rate: 1, startFactor: 0.5, count: 10, unit: .steps, stepsPerEpoch: 4),
            then: .stepDecay(StepDecay(initialRate: 1, factor: 0.5, every: 1, unit: .epochs)))
        #expect(schedule.warmUpSteps == 10)
        let rates = (0..<18).map { schedule.rate(step: $0, epoch: $0 / 4) }
        expectClose(rates, (0..<10).map { 0.5 + 0.05 * Double($0) } + [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5], relative: 1e-15)
    }

    @Test func aCosineEndsAtItsLeast() {
        let cosine = CosineDecay(initialRate: 1, leastRate: 0.25, count: 8, unit: .steps)
        #expect(cosine.rate(step: 0, epoch: 3) == 1)
        #expect(abs(cosine.rate(step: 4, epoch: 0) - 0.625) < 1e-15)
        #expect(cosine.rate(step: 8, epoch: 0) == 0.25 && cosine.rate(step: 100, epoch: 0) == 0.25)
    }

    @Test func anExponentialIsAStepDecayWhereItFallsAtOnce() {
        let smooth = ExponentialDecay(initialRate: 0.1, factor: 0.5, every: 4, unit: .epochs)
        let sudden = StepDecay(initialRate: 0.1, factor: 0.5, every: 4, unit: .epochs)
        for epoch in stride(from: 0, to: 40, by: 4) { #expect(smooth.rate(step: 1, epoch: epoch) == sudden.rate(step: 1, epoch: epoch)) }
        #expect(smooth.rate(step: 0, epoch: 3) < sudden.rate(step: 0, epoch: 3))
    }
}
