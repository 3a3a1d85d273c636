import Kernels
import Testing

@Suite struct OneCycleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let schedule: OneCycle
        let rates: [(step: Int, rate: Double)]
        var testDescription: String { "\(schedule)" }
    }

    /// Rates of PyTorch 2.15, as Scripts/make-one-cycle-rates prints them.
    static let cases = [
        Case(schedule: OneCycle(peakRate: 0.1, totalSteps: 10), rates: [
            (0, 0.0040000000000000036), (1, 0.052000000000000005), (2, 0.1), (3, 0.09504846320134738), (4, 0.0811745653949763),
            (5, 0.06112620219362893), (6, 0.03887419780637107), (7, 0.0188258346050237), (8, 0.004951936798652629), (9, 4e-07),
        ]),
        Case(schedule: OneCycle(peakRate: 0.1, totalSteps: 11), rates: [
            (0, 0.0040000000000000036), (1, 0.04223411137347358), (2, 0.09602614247226175), (3, 0.09797465678213016),
            (4, 0.08844757247686304), (5, 0.07260870492975284), (6, 0.05305827080875998), (7, 0.03300580289872949),
            (8, 0.015743251279950788), (9, 0.0041045543206290865), (10, 4e-07),
        ]),
        Case(schedule: OneCycle(peakRate: 0.5, totalSteps: 7, rise: 0, startDivisor: 10, endDivisor: 100), rates: [
            (0, 0.47526697475862917), (1, 0.4059665780142187), (2, 0.3058246032555895), (3, 0.1946753967444105),
            (4, 0.09453342198578131), (5, 0.025233025241370846), (6, 0.0005),
        ]),
        Case(schedule: OneCycle(peakRate: 2, totalSteps: 8, rise: 1, startDivisor: 4, endDivisor: 10), rates: [
            (0, 0.5), (1, 0.5742733490731857), (2, 0.7823826486059497), (3, 1.0831092995327642), (4, 1.4168907004672358),
            (5, 1.71761735139405), (6, 1.9257266509268143), (7, 2.0),
        ]),
        Case(schedule: OneCycle(peakRate: 0.1, totalSteps: 7_000, rise: 0.25, startDivisor: 10, endDivisor: 1e3), rates: [
            (0, 0.009999999999999995), (1, 0.010000072594300982), (500, 0.02696101844996801), (1748, 0.09999992740569902),
            (1749, 0.1), (1750, 0.09999999104887335), (1751, 0.09999996419549656), (3000, 0.08663357308605323),
            (5000, 0.03171192986641555), (6998, 1.0008951126660499e-05), (6999, 1e-05),
        ]),
    ]

    /// A few roundings of the peak apart: the cosine is another library's.
    @Test(arguments: cases) func agreesWithPyTorch(_ trial: Case) {
        for (step, rate) in trial.rates {
            let own = trial.schedule.rate(step: step)
            #expect(abs(own - rate) <= 1e-15 * trial.schedule.peakRate, "step \(step): \(own), PyTorch \(rate)")
        }
    }

    /// What PyTorch divides by zero in: a rise of one step, and a single step.
    @Test func shortestCyclesAreFinite() {
        #expect(abs(OneCycle(peakRate: 1, totalSteps: 4, rise: 0.25).rate(step: 0) - 0.04) < 1e-15)
        #expect(abs(OneCycle(peakRate: 1, totalSteps: 1).rate(step: 0) - 4e-6) < 1e-18)
        #expect(abs(OneCycle(peakRate: 1, totalSteps: 1, rise: 1).rate(step: 0) - 0.04) < 1e-15)
        let cycle = OneCycle(peakRate: 1, totalSteps: 5)
        #expect(cycle.rate(step: 9) == cycle.rate(step: 4))
    }
}
