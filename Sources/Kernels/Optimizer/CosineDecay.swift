#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// A learning rate that falls from its first value to its least along half a cosine (Loshchilov and Hutter: "SGDR", arXiv:1608.03983),
/// as PyTorch's `CosineAnnealingLR`, once over the whole phase:
///
///     rate(n) = least + (initial − least) · (1 + cos(π · n / count)) / 2
///
/// n counts epochs or steps from 0, so that the least rate itself is that of the epoch or step after the last.
public struct CosineDecay: Sendable, Hashable {
    public var initialRate: Double
    /// `eta_min`.
    public var leastRate: Double
    /// Epochs or steps of the phase, at least 1: `T_max`.
    public var count: Int
    public var unit: StepDecay.Unit

    public init(initialRate: Double, leastRate: Double = 0, count: Int, unit: StepDecay.Unit) {
        require(count >= 1, "a cosine over 0 steps")
        self.initialRate = initialRate
        self.leastRate = leastRate
        self.count = count
        self.unit = unit
    }

    /// The rate of a step, both counted from 0; beyond the phase the least.
    public func rate(step: Int, epoch: Int) -> Double {
        let place = min(unit == .epochs ? epoch : step, count)
        return leastRate + (initialRate - leastRate) * (1 + cos(.pi * Double(place) / Double(count))) / 2
    }
}
