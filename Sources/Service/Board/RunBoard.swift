import Diagnostics
import Foundation
import Messages
import Synchronization

/// What the coordinator has said about its run last, for clients to read at their own pace: it writes a value under a lock that nobody
/// holds for longer than it takes to copy a reference.
package final class RunBoard: Sendable {
    package struct Snapshot: Sendable {
        package let status: StatusReport
        package let figures: RunFigures

        package init(status: StatusReport, figures: RunFigures) {
            self.status = status
            self.figures = figures
        }
    }

    package struct State: Sendable {
        package var snapshot: Snapshot?
        /// Counts snapshots.
        var statusNumber: UInt64 = 0
        var curves = CurveStore()
        var log = LogTail()
        /// Where to look, once the run is over.
        package var end: RunEnding?
        /// When the coordinator's loop was seen last, and when the journal was written last.
        package var pulse = ContinuousClock.now
        package var journalWritten = ContinuousClock.now
        /// When metrics were asked for, the last two times.
        var asked: (last: ContinuousClock.Instant?, before: ContinuousClock.Instant?)

        package init() {}
    }

    private let state = Mutex(State())
    private let counter = Atomic<UInt64>(1)
    /// Of this coordinator, among those that go on with one run.
    let session: String

    init(session: String = String(UInt64.random(in: 0 ... .max), radix: 36)) { self.session = session }

    var current: State { state.withLock { $0 } }

    func change(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
        counter.wrappingAdd(1, ordering: .releasing)
    }

    /// The coordinator's loop goes round; no news for anybody.
    func beat() { state.withLock { $0.pulse = .now } }

    func noteScrape() {
        state.withLock { state in
            state.asked.before = state.asked.last
            state.asked.last = .now
        }
    }
}

/// How a run ended, for those who look at its page.
public struct RunEnding: Sendable, Hashable {
    public var state: RunState
    /// The report's file; nil where there is none.
    public var report: String?
    /// What to type to go on; nil where nothing is left to do.
    public var remedy: String?

    public init(state: RunState, report: String? = nil, remedy: String? = nil) {
        self.state = state
        self.report = report
        self.remedy = remedy
    }
}

// MARK: The stream

extension RunBoard: EventFeed {
    var revision: UInt64 { counter.load(ordering: .acquiring) }

    /// Records that a page gets which has none yet.
    private static let firstRecords = 200
    /// Records of one portion.
    private static let portionRecords = 200

    func place(after id: String?) -> EventPlace {
        let state = current
        let fresh = EventPlace(session: session, generation: -1, record: max(0, state.log.last - Self.firstRecords))
        let parts = (id ?? "").split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == session, let generation = Int(parts[1]), let points = Int(parts[2]), let record = Int(parts[3]),
            generation == state.curves.generation, (0...state.curves.points.count).contains(points), (0...state.log.last).contains(record)
        else {
            // Of an earlier coordinator, or of nobody.
            guard parts.count == 4, parts[0] == session, let record = Int(parts[3]), (0...state.log.last).contains(record) else { return fresh }
            return EventPlace(session: session, generation: -1, record: record)
        }
        return EventPlace(session: session, generation: generation, points: points, record: record)
    }

    func next(_ place: inout EventPlace) -> EventPortion {
        let state = current
        var text = ""
        func event(_ name: String, _ body: some Encodable) {
            guard let json = try? Self.encoder().encode(body) else { return }
            text += "event: \(name)\ndata: \(String(decoding: json, as: UTF8.self))\n"
            text += "id: \(place.session).\(place.generation).\(place.points).\(place.record)\n\n"
        }
        let (records, missed) = state.log.after(place.record, limit: Self.portionRecords)
        if let last = records.last {
            place.record = last.number
            event("log", LogEvent(records: records.map(LogEvent.Record.init), missed: missed))
        }
        if place.generation != state.curves.generation {
            place.generation = state.curves.generation
            place.points = state.curves.points.count
            event("curves", CurvesEvent(state.curves, from: 0))
        } else if place.points < state.curves.points.count {
            let first = place.points
            place.points = state.curves.points.count
            event("points", CurvesEvent(state.curves, from: first))
        }
        if place.status != state.statusNumber, let snapshot = state.snapshot {
            place.status = state.statusNumber
            event("status", StatusEvent(status: snapshot.status, workers: snapshot.figures.workers.map(StatusEvent.Worker.init)))
        }
        if text.isEmpty, let end = state.end {
            if place.wasToldTheEnd { return .end }
            place.wasToldTheEnd = true
            event("over", EndEvent(state: end.state.rawValue, report: end.report, remedy: end.remedy))
        }
        return text.isEmpty ? .nothing : .text(Data(text.utf8))
    }

    /// One line, as the stream's format wants it.
    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }
}

// MARK: What events hold

private struct LogEvent: Encodable {
    struct Record: Encodable {
        let number: Int
        let time: Double
        let level: String
        let source: String
        let unit: UInt64?
        let message: String
        let fields: [String: String]

        init(_ entry: LogTail.Entry) {
            number = entry.number
            time = entry.record.time
            level = entry.record.level.name
            source = entry.record.source
            unit = entry.record.unit
            message = entry.record.message
            fields = entry.record.fields
        }
    }

    let records: [Record]
    /// How many before these are not kept any more.
    let missed: Int
}

private struct CurvesEvent: Encodable {
    struct Curve: Encodable {
        let phase: String
        let name: String
        /// Step and value in turn, rounded for drawing.
        var points: [Double] = []
    }

    let curves: [Curve]

    init(_ store: CurveStore, from first: Int) {
        var curves = store.curves.map { Curve(phase: $0.phase, name: $0.name) }
        for point in store.points[first...] {
            curves[point.curve].points += [(point.step * 10).rounded() / 10, (point.value * 1e5).rounded() / 1e5]
        }
        self.curves = curves.filter { !$0.points.isEmpty }
    }
}

private struct StatusEvent: Encodable {
    struct Worker: Encodable {
        let name: String
        let samplesPerSecond: Double?
        let failures: Int
        let unitsInHand: Int

        init(_ worker: RunFigures.Worker) {
            name = worker.name
            samplesPerSecond = worker.samplesPerSecond
            failures = worker.failures
            unitsInHand = worker.unitsInHand
        }
    }

    let status: StatusReport
    let workers: [Worker]
}

private struct EndEvent: Encodable {
    let state: String
    let report: String?
    let remedy: String?
}
