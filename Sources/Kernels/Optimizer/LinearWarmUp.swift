/// A learning rate that rises evenly before another schedule takes over, as PyTorch's `SequentialLR` of `LinearLR` and that schedule,
/// the way of torchvision's reference training:
///
///     rate(n) = rate · (startFactor + (1 − startFactor) · n / count)        n = 0 ..< count
///
/// n counts epochs or steps. From n = count on the other schedule goes from its own beginning: it counts steps, and epochs as whole
/// passes, since the warm-up's end.
public struct LinearWarmUp: Sendable, Hashable {
    /// What the rise leads to: the first rate of what follows.
    public var rate: Double
    /// The share of it at which the rise begins.
    public var startFactor: Double
    /// Epochs or steps.
    public var count: Int
    public var unit: StepDecay.Unit
    /// At least 1.
    public var stepsPerEpoch: Int

    public init(rate: Double, startFactor: Double, count: Int, unit: StepDecay.Unit, stepsPerEpoch: Int) {
        require(count >= 0 && stepsPerEpoch >= 1, "a warm-up of a negative length, or epochs of no steps")
        self.rate = rate
        self.startFactor = startFactor
        self.count = count
        self.unit = unit
        self.stepsPerEpoch = stepsPerEpoch
    }

    /// The steps it takes.
    public var steps: Int { unit == .epochs ? count * stepsPerEpoch : count }

    /// The rate of a step of the warm-up, both counted from 0; nil after it.
    public func rate(step: Int, epoch: Int) -> Double? {
        guard step < steps else { return nil }
        let place = Double(unit == .epochs ? epoch : step) / Double(count)
        return rate * (startFactor + (1 - startFactor) * place)
    }
}
