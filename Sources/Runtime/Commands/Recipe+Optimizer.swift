import Kernels
import Recipes
import Tensors

// What a recipe means by its fields of optimizers and learning rates.

/// What all phases of steps say about their learning rate.
protocol LearningRateFields {
    var learningRate: Double { get }
    var schedule: Recipe.Schedule { get }
    var decayFactor: Double { get }
    var decayEvery: Int { get }
    var decayUnit: Recipe.DecayUnit { get }
    var rise: Double { get }
    var startDivisor: Double { get }
    var endDivisor: Double { get }
    var leastLearningRate: Double { get }
    var warmup: Int { get }
    var warmupUnit: Recipe.DecayUnit { get }
    var warmupStart: Double { get }
}

extension LearningRateFields {
    /// The rates of a phase of so many steps. A schedule that goes once over the phase goes over what the warm-up leaves of it.
    func learningRates(steps: Int, stepsPerEpoch: Int) -> LearningRateSchedule {
        guard warmup > 0 else { return schedule(steps: steps, stepsPerEpoch: stepsPerEpoch) }
        let rise = LinearWarmUp(
            rate: learningRate, startFactor: warmupStart, count: warmup, unit: warmupUnit.counted, stepsPerEpoch: max(1, stepsPerEpoch))
        return .warmUp(rise, then: schedule(steps: steps - rise.steps, stepsPerEpoch: stepsPerEpoch))
    }

    private func schedule(steps: Int, stepsPerEpoch: Int) -> LearningRateSchedule {
        switch schedule {
        case .stepDecay:
            return .stepDecay(StepDecay(initialRate: learningRate, factor: decayFactor, every: decayEvery, unit: decayUnit.counted))
        case .oneCycle:
            return .oneCycle(OneCycle(
                peakRate: learningRate, totalSteps: max(1, steps), rise: rise, startDivisor: startDivisor, endDivisor: endDivisor))
        case .cosine:
            // An epoch that a cap cuts short counts as one.
            let epochs = (steps + stepsPerEpoch - 1) / max(1, stepsPerEpoch)
            return .cosine(CosineDecay(
                initialRate: learningRate, leastRate: leastLearningRate, count: max(1, decayUnit == .epochs ? epochs : steps),
                unit: decayUnit.counted))
        case .exponential:
            return .exponential(ExponentialDecay(
                initialRate: learningRate, factor: decayFactor, every: decayEvery, unit: decayUnit.counted))
        }
    }
}

extension Recipe.DecayUnit {
    fileprivate var counted: StepDecay.Unit { self == .steps ? .steps : .epochs }
}

extension Recipe.Training: LearningRateFields {}
extension Recipe.Heads: LearningRateFields {}
extension Recipe.Prune: LearningRateFields {}

/// What training and retraining say about their optimizer. Heads have Nesterov momentum alone: they are what layers are compared by,
/// and the method trains them so.
protocol OptimizerFields {
    var optimizer: Recipe.Optimizer { get }
    var momentum: Double { get }
    var weightDecay: Double { get }
    var decayNormAndBias: Bool { get }
    var rmsDecay: Double { get }
    var beta1: Double { get }
    var beta2: Double { get }
    var epsilon: Double { get }
}

extension OptimizerFields {
    /// What takes the steps.
    var kernelOptimizer: Optimizer {
        switch optimizer {
        case .sgd: .nesterov(momentum: momentum)
        case .rmsprop: .rmsProp(RMSProp(decay: rmsDecay, epsilon: epsilon, momentum: momentum))
        case .adamw: .adamW(AdamW(beta1: beta1, beta2: beta2, epsilon: epsilon))
        }
    }

    /// How weight decay pulls at parameters of a layout.
    func decay(of layout: TensorLayout) -> WeightDecay {
        decayNormAndBias ? WeightDecay(weightDecay) : WeightDecay(weightDecay, exemptingVectorsOf: layout)
    }
}

extension Recipe.Training: OptimizerFields {}
extension Recipe.Prune: OptimizerFields {}
