import Foundation

/// A learning rate that is multiplied by `factor` every `every` epochs or steps (method.md, phase 1: q and Δt).
struct StepDecay: Sendable, Hashable {
    enum Unit: Sendable { case epochs, steps }

    var initialRate: Double
    var factor: Double
    var every: Int
    var unit: Unit

    func rate(step: Int, epoch: Int) -> Double {
        let decays = (unit == .epochs ? epoch : step) / max(1, every)
        return initialRate * pow(factor, Double(decays))
    }
}
