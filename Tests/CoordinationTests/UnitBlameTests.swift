import Coordination
import Testing

@Suite struct UnitBlameTests {
    @Test func reportedFailuresCount() {
        var blame = UnitBlame()
        blame.failed(7, incarnation: "a", at: 0)
        blame.failed(7, incarnation: "b", at: 1)
        #expect(blame.attempts(7) == 2 && blame.attempts(8) == 0)
        #expect(blame.restEnds(7, incarnation: "a") == 1 && blame.restEnds(7, incarnation: "b") == 3)
        #expect(blame.restEnds(7, incarnation: "c") == nil)
    }

    /// In hand beside the guilty one, time and again: never blamed.
    @Test func whatWasNeverAloneIsNotBlamed() {
        var blame = UnitBlame()
        for number in 0..<10 { blame.vanished(1, incarnation: "w\(number)", alone: false) }
        #expect(blame.isSuspect(1))
        #expect(blame.attempts(1) == 0)
    }

    @Test func whoVanishesAloneWithASuspectConfirmsIt() {
        var blame = UnitBlame()
        for number in 0..<3 {
            #expect(!blame.isSuspect(1))
            // One that is alone by chance proves nothing yet.
            blame.vanished(1, incarnation: "w\(number)", alone: true)
            #expect(blame.attempts(1) == 0)
        }
        #expect(blame.isSuspect(1))
        blame.vanished(1, incarnation: "w3", alone: true)
        #expect(blame.attempts(1) == 4)
        // One of them was only frozen.
        blame.returned("w1")
        #expect(blame.attempts(1) == 3 && blame.isSuspect(1))
        blame.returned("w2")
        #expect(blame.attempts(1) == 0 && !blame.isSuspect(1))
    }

    @Test func wantOfWeightsIsForgivenButNotForEver() {
        var blame = UnitBlame()
        let forgiven = (0..<21).map { _ in blame.lacked(1) }
        #expect(forgiven == Array(repeating: true, count: 20) + [false])
    }

    @Test func closingForgets() {
        var blame = UnitBlame()
        blame.failed(1, incarnation: "a", at: 0)
        blame.vanished(2, incarnation: "a", alone: true)
        blame.close(1)
        #expect(blame.count == 1 && blame.attempts(1) == 0)
        blame.removeAll()
        #expect(blame.count == 0)
    }
}
