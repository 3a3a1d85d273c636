import Foundation
import Messages

/// `/health` and `/ready`, as JSON.
///
/// Health asks whether the coordinator should go on living: a supervisor that gets another answer than 200 kills it. So it is patient: a
/// coordinator that writes a large checkpoint or a report is silent for a while. Readiness asks whether workers should be sent to it:
/// it is no question of how many there are, for they come only to one that is ready.
package struct HealthDocument: Encodable, Equatable {
    static let patience = 300.0
    static let readyPatience = 30.0

    package let ok: Bool
    package let state: String
    package let phase: String
    package let step: Int
    /// Since the coordinator's loop went round, and since it wrote its journal.
    package let secondsSinceLoop: Double
    package let secondsSinceJournal: Double
    package let diskFreeBytes: Int?
    /// What is wrong, in words; empty where all is well.
    package let reasons: [String]

    package init(_ state: RunBoard.State, ready: Bool, now: ContinuousClock.Instant = .now) {
        let patience = ready ? Self.readyPatience : Self.patience
        let status = state.snapshot?.status
        secondsSinceLoop = Self.seconds(from: state.pulse, to: now)
        secondsSinceJournal = Self.seconds(from: state.journalWritten, to: now)
        self.state = (status?.state ?? .starting).rawValue
        phase = status?.phase ?? ""
        step = status?.step ?? 0
        diskFreeBytes = state.snapshot?.figures.diskFreeBytes
        var reasons: [String] = []
        if secondsSinceLoop > patience { reasons.append("the coordinator's loop has stood still for \(Int(secondsSinceLoop)) s") }
        if secondsSinceJournal > patience { reasons.append("the journal has not been written for \(Int(secondsSinceJournal)) s") }
        if diskFreeBytes == 0 { reasons.append("the disk of the run directory is full") }
        if let end = state.end, ready || end.state == .failed { reasons.append("the run is over: \(end.state.rawValue)") }
        if ready, status == nil { reasons.append("the run has not begun") }
        self.reasons = reasons
        ok = reasons.isEmpty
    }

    package var document: HTTPDocument {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let body = (try? encoder.encode(self)) ?? Data("{}".utf8)
        return HTTPDocument(status: ok ? 200 : 503, type: "application/json", body: body + Data("\n".utf8))
    }

    private static func seconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Double {
        max(0, (start.duration(to: end) / .milliseconds(1)).rounded() / 1000)
    }
}
