#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// A learning rate that rises to its peak and falls far below its start in one run, along half cosines (Smith, Topin:
/// "Super-convergence", arXiv:1708.07120), as PyTorch's `OneCycleLR` with `anneal_strategy="cos"`, two phases and
/// `cycle_momentum=False`: the momentum stays as it is.
///
///     OneCycle(peakRate: 0.1, totalSteps: 7_000).rate(step: 2_099)   // 0.1
public struct OneCycle: Sendable, Hashable {
    /// `max_lr`.
    public var peakRate: Double
    /// All steps of the phase, at least 1.
    public var totalSteps: Int
    /// The share of all steps in which the rate rises, 0 ... 1: `pct_start`.
    public var rise: Double
    /// The peak over the first rate: `div_factor`.
    public var startDivisor: Double
    /// The first rate over the last: `final_div_factor`.
    public var endDivisor: Double

    public init(peakRate: Double, totalSteps: Int, rise: Double = 0.3, startDivisor: Double = 25, endDivisor: Double = 1e4) {
        require(totalSteps >= 1, "a cycle of 0 steps")
        require(rise >= 0 && rise <= 1, "a rise outside 0 ... 1")
        self.peakRate = peakRate
        self.totalSteps = totalSteps
        self.rise = rise
        self.startDivisor = startDivisor
        self.endDivisor = endDivisor
    }

    /// The rate of a step, counted from 0; beyond the last step the last rate.
    public func rate(step: Int) -> Double {
        let first = peakRate / startDivisor
        let top = rise * Double(totalSteps) - 1
        let place = Double(min(step, totalSteps - 1))
        // A top at step 0 is a rise of no length.
        if place <= top { return Self.between(first, peakRate, top > 0 ? place / top : 0) }
        return Self.between(peakRate, first / endDivisor, (place - top) / (Double(totalSteps - 1) - top))
    }

    private static func between(_ start: Double, _ end: Double, _ share: Double) -> Double {
        end + (start - end) / 2 * (1 + cos(.pi * share))
    }
}
