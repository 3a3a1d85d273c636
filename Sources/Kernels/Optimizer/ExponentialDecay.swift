#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// A learning rate that falls by the same share after each epoch or step, by `factor` every `every` of them:
///
///     rate(n) = initial · factor^(n / every)
///
/// PyTorch's `ExponentialLR` with gamma = factor^(1 / every), where `StepDecay` waits and falls at once.
public struct ExponentialDecay: Sendable, Hashable {
    public var initialRate: Double
    public var factor: Double
    /// At least 1.
    public var every: Int
    public var unit: StepDecay.Unit

    public init(initialRate: Double, factor: Double, every: Int = 1, unit: StepDecay.Unit) {
        require(every >= 1, "a decay every 0 steps")
        self.initialRate = initialRate
        self.factor = factor
        self.every = every
        self.unit = unit
    }

    /// The rate of a step, both counted from 0.
    public func rate(step: Int, epoch: Int) -> Double {
        initialRate * pow(factor, Double(unit == .epochs ? epoch : step) / Double(every))
    }
}
