import Diagnostics
import Messages

/// How a worker's clock stands against the coordinator's, found as NTP does: a heartbeat leaves at `sent` by the worker's clock, is
/// answered at `answered` by the coordinator's, and the answer is there at `received` by the worker's. The worker's clock at the moment
/// of the answer showed something between `sent` and `received`, in the middle if both ways took as long. The smallest round trip tells most.
public struct ClockOffset: Sendable, Equatable {
    /// Seconds to add to a time by the worker's clock, and what that may be wrong by.
    public struct Measurement: Sendable, Equatable {
        public let offset: Double
        public let uncertainty: Double
    }

    /// Two clocks drift apart by this part of the time that passes, at most; good ones by a tenth of it.
    static let drift = 1e-4
    /// Differences below this are of no concern to a reader of logs.
    static let negligible = 0.001
    /// What a one-way message says is wrong by as long as it was under way.
    static let negligibleOneWay = 2.0

    /// When the latest heartbeats were answered, by their number.
    private var answers: [(sequence: Int, time: Double)] = []
    private var best: (measured: Measurement, time: Double)?
    /// From a single message: better than nothing until there is a round trip.
    private var oneWay: Double?

    public init() {}

    public static func == (a: ClockOffset, b: ClockOffset) -> Bool { a.best?.measured == b.best?.measured && a.oneWay == b.oneWay }

    /// What is known at a time of the coordinator's clock; nil before the first round trip.
    public func measurement(at now: Double) -> Measurement? {
        best.map { best in
            Measurement(offset: best.measured.offset, uncertainty: best.measured.uncertainty + max(0, now - best.time) * Self.drift)
        }
    }

    /// A first message that says when it was sent.
    /// - Parameters now: the coordinator's clock.
    public mutating func heard(_ clock: Double?, at now: Double) {
        guard let clock else { return }
        oneWay = now - clock
    }

    /// A heartbeat that is answered now.
    public mutating func answer(_ heartbeat: Heartbeat, at now: Double) {
        if let answered = heartbeat.answered, let place = answers.firstIndex(where: { $0.sequence == answered.sequence }) {
            note(sent: answered.sent, answered: answers.remove(at: place).time, received: answered.received, at: now)
        }
        guard heartbeat.clock != nil else { return }
        answers.append((heartbeat.sequence, now))
        if answers.count > 8 { answers.removeFirst() }
    }

    private mutating func note(sent: Double, answered: Double, received: Double, at now: Double) {
        let trip = received - sent
        // A clock that was set meanwhile says nothing.
        guard trip >= 0, trip < 60 else { return }
        let new = Measurement(offset: answered - (sent + received) / 2, uncertainty: trip / 2)
        if let old = measurement(at: now) {
            // Two that exclude each other: one of the clocks was set.
            let isAnother = abs(new.offset - old.offset) > new.uncertainty + old.uncertainty
            guard isAnother || new.uncertainty <= old.uncertainty else { return }
        }
        best = (new, now)
    }

    /// A record of the worker's on the coordinator's clock. One whose clock is right within what can be told stays as it is.
    func corrected(_ record: LogRecord, at now: Double) -> LogRecord {
        guard let offset = correction(at: now) else { return record }
        var record = record
        record.writtenTime = record.time
        record.time += offset
        return record
    }

    private func correction(at now: Double) -> Double? {
        if let known = measurement(at: now) { return abs(known.offset) > known.uncertainty + Self.negligible ? known.offset : nil }
        return oneWay.flatMap { abs($0) > Self.negligibleOneWay ? $0 : nil }
    }
}
