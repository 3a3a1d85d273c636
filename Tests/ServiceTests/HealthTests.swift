import Foundation
import Messages
import Service
import Testing

@Suite struct HealthTests {
    private func state(_ change: (inout RunBoard.State) -> Void = { _ in }) -> RunBoard.State {
        var state = RunBoard.State()
        state.snapshot = RunBoard.Snapshot(status: ServiceTrial.status(), figures: ServiceTrial.figures())
        change(&state)
        return state
    }

    @Test func aCoordinatorThatMakesProgressIsWell() throws {
        let health = HealthDocument(state(), ready: false)
        #expect(health.ok && health.reasons.isEmpty && health.phase == "training" && health.step == 30 && health.document.status == 200)
        let json = try JSONSerialization.jsonObject(with: health.document.body) as? [String: Any]
        #expect(json?["ok"] as? Bool == true && json?["state"] as? String == "running")
        #expect(HealthDocument(state(), ready: true).ok)
    }

    @Test func silenceIsFirstUnreadyThenUnhealthy() {
        let now = ContinuousClock.now + .seconds(60)
        #expect(HealthDocument(state { $0.journalWritten = now }, ready: false, now: now).ok)
        let unready = HealthDocument(state { $0.journalWritten = now }, ready: true, now: now)
        #expect(!unready.ok && unready.document.status == 503 && unready.reasons.count == 1 && unready.reasons[0].contains("loop"))
        let later = ContinuousClock.now + .seconds(400)
        #expect(HealthDocument(state { $0.journalWritten = later }, ready: false, now: later).reasons.first?.contains("has stood still for") == true)
        #expect(HealthDocument(state { $0.pulse = later }, ready: false, now: later).reasons.first?.contains("journal has not been written") == true)
    }

    @Test func aFullDiskAndTheEndAreNamed() {
        var figures = ServiceTrial.figures()
        figures.diskFreeBytes = 0
        let full = HealthDocument(state { $0.snapshot = RunBoard.Snapshot(status: ServiceTrial.status(), figures: figures) }, ready: false)
        #expect(full.reasons == ["the disk of the run directory is full"])
        let finished = state { $0.end = RunEnding(state: .finished) }
        #expect(HealthDocument(finished, ready: false).ok && !HealthDocument(finished, ready: true).ok)
        #expect(!HealthDocument(state { $0.end = RunEnding(state: .failed) }, ready: false).ok)
        var begun = RunBoard.State()
        begun.snapshot = nil
        #expect(HealthDocument(begun, ready: false).ok && !HealthDocument(begun, ready: true).ok)
    }
}
