/// Whether a unit or its worker is to blame when an attempt comes to nothing.
///
/// A failure that a worker reports counts against the unit. A worker that vanishes may have died of the unit or of something
/// else, and had several in hand. So a unit with which three workers vanished is suspect: it is dealt alone, to a worker that
/// has answered others if there is one. If that one vanishes too, all its vanishings count; a unit that was only ever in hand
/// beside others is never blamed. One that comes back under the same incarnation had not died, and its absence is forgotten.
package struct UnitBlame: Sendable {
    private struct Record: Sendable {
        var failures = 0
        /// Incarnations that vanished with it.
        var vanished: [String] = []
        /// One vanished with it and nothing else in hand.
        var isConfirmed = false
        /// Incarnations that failed at it, and when it may go to them again.
        var avoided: [String: Double] = [:]
        /// How often a worker lacked what it needed for it.
        var lacking = 0
    }

    /// Vanishings after which a unit is dealt alone.
    static let suspiciousAfter = 3
    /// Times that workers may lack weights or samples for a unit before that counts as a failure.
    private static let lackingLimit = 20
    private static let longestRest = 60.0

    private var records: [UInt64: Record] = [:]

    package init() {}

    package var count: Int { records.count }

    /// Attempts that count against a unit.
    package func attempts(_ unit: UInt64) -> Int {
        guard let record = records[unit] else { return 0 }
        return record.failures + (record.isConfirmed ? record.vanished.count : 0)
    }

    package func isSuspect(_ unit: UInt64) -> Bool { records[unit]?.vanished.count ?? 0 >= Self.suspiciousAfter }

    /// A worker reported that it failed. The unit goes to it again after a rest that grows, unless nobody else is there.
    package mutating func failed(_ unit: UInt64, incarnation: String, at now: Double) {
        records[unit, default: Record()].failures += 1
        let rest = min(Self.longestRest, Double(1 << min(records[unit]?.failures ?? 1, 10)) / 2)
        records[unit]?.avoided[incarnation] = now + rest
    }

    /// A worker lacked weights or samples that were lost on the way: nobody's fault, unless it never ends.
    /// - Returns: whether the attempt is to be forgiven.
    package mutating func lacked(_ unit: UInt64) -> Bool {
        records[unit, default: Record()].lacking += 1
        return records[unit]?.lacking ?? 0 <= Self.lackingLimit
    }

    /// - Parameter alone: whether it held nothing else.
    package mutating func vanished(_ unit: UInt64, incarnation: String, alone: Bool) {
        let wasSuspect = isSuspect(unit)
        records[unit, default: Record()].vanished.append(incarnation)
        if wasSuspect, alone { records[unit]?.isConfirmed = true }
    }

    /// It is still there: no unit had killed it.
    package mutating func returned(_ incarnation: String) {
        for unit in Array(records.keys) where records[unit]?.vanished.contains(incarnation) == true {
            records[unit]?.vanished.removeAll { $0 == incarnation }
            if records[unit]?.vanished.count ?? 0 < Self.suspiciousAfter { records[unit]?.isConfirmed = false }
        }
    }

    /// Until when a unit should go to others than this worker; nil where it may go to it.
    package func restEnds(_ unit: UInt64, incarnation: String) -> Double? { records[unit]?.avoided[incarnation] }

    package mutating func close(_ unit: UInt64) { records[unit] = nil }
    package mutating func removeAll() { records = [:] }
}
