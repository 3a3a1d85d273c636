/// How the learning rate goes through a phase.
public enum LearningRateSchedule: Sendable, Hashable {
    case stepDecay(StepDecay)
    case oneCycle(OneCycle)
    case cosine(CosineDecay)
    case exponential(ExponentialDecay)
    indirect case warmUp(LinearWarmUp, then: LearningRateSchedule)

    /// The rate of a step, both counted from 0.
    public func rate(step: Int, epoch: Int) -> Double {
        switch self {
        case .stepDecay(let schedule): return schedule.rate(step: step, epoch: epoch)
        case .oneCycle(let schedule): return schedule.rate(step: step)
        case .cosine(let schedule): return schedule.rate(step: step, epoch: epoch)
        case .exponential(let schedule): return schedule.rate(step: step, epoch: epoch)
        case .warmUp(let rise, let schedule):
            if let rate = rise.rate(step: step, epoch: epoch) { return rate }
            let rest = step - rise.steps
            return schedule.rate(step: rest, epoch: rest / rise.stepsPerEpoch)
        }
    }

    /// Steps of the warm-up; 0 where there is none.
    public var warmUpSteps: Int { if case .warmUp(let rise, _) = self { rise.steps } else { 0 } }
}
