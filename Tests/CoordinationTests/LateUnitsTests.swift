import Coordination
import Messages
import Testing

@Suite struct LateUnitsTests {
    private func work(_ filters: Int) -> UnitDescription {
        .filters(FilterUnit(layer: "conv1", firstFilter: 0, filterCount: filters, threshold: 0.3, labels: 2, positions: 1))
    }

    @Test func lateIsAFactorOfWhatItsLikeUsuallyTake() {
        var late = LateUnits(LateUnitSettings(factor: 4, floorSeconds: 1, unknownSeconds: 30))
        #expect(late.limit(of: work(1)) == 30)
        late.note(work(1), seconds: 2)
        #expect(late.limit(of: work(1)) == 8)
        #expect(!late.isLate(work(1), outFor: 7.9) && late.isLate(work(1), outFor: 8))
        #expect(late.limit(of: work(2)) == 30, "another size says nothing of this one")
        late.note(work(2), seconds: 0.01)
        #expect(late.limit(of: work(2)) == 1, "never before the floor")
    }

    /// Of four workers three may be slow.
    @Test func theSlowDoNotPassForUsual() {
        var late = LateUnits(LateUnitSettings(factor: 4, floorSeconds: 1))
        for _ in 0..<8 { for seconds in [1.0, 10, 10, 10] { late.note(work(1), seconds: seconds) } }
        #expect(late.limit(of: work(1)) == 4)
    }

    @Test func factorZeroMeansNever() {
        var late = LateUnits(LateUnitSettings(factor: 0))
        late.note(work(1), seconds: 1)
        #expect(!late.isLate(work(1), outFor: 1e9))
    }

    @Test func kindsAreForgottenBeforeTheyGrowMany() {
        var late = LateUnits(LateUnitSettings())
        for size in 1...1000 { late.note(work(size), seconds: 1) }
        #expect(late.kindCount <= 64)
    }
}
