#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// A learning rate that is multiplied by `factor` every `every` epochs or steps (docs/method.md, phase 1: q and Δt).
///
///     StepDecay(initialRate: 0.028, factor: 0.6, every: 20, unit: .epochs).rate(step: 12_000, epoch: 20)   // 0.0168
public struct StepDecay: Sendable, Hashable {
    public enum Unit: Sendable { case epochs, steps }

    public var initialRate: Double
    public var factor: Double
    /// At least 1.
    public var every: Int
    public var unit: Unit

    public init(initialRate: Double, factor: Double, every: Int, unit: Unit) {
        require(every >= 1, "a decay every 0 steps")
        self.initialRate = initialRate
        self.factor = factor
        self.every = every
        self.unit = unit
    }

    /// The rate of a step, both counted from 0.
    public func rate(step: Int, epoch: Int) -> Double {
        initialRate * pow(factor, Double((unit == .epochs ? epoch : step) / every))
    }
}
