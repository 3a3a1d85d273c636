import Messages

/// The units of work that are open: waiting to be dealt, or dealt and not answered. A unit leaves when it is answered for good;
/// what comes later for it is the same bits and is ignored.
struct UnitBoard: Sendable {
    /// One dealing that has not been answered.
    struct Copy: Sendable {
        let peer: PeerID
        let dealtAt: Double
        /// When it was sent last, and how often again: messages get lost.
        var sentAt: Double
        var reminders = 0
    }

    struct OpenUnit: Sendable {
        var assignment: WorkUnit
        /// Bytes of its samples.
        let sampleBytes: Int
        /// Only its samples may go out; it is not due yet.
        var isAhead: Bool
        /// How often it was dealt.
        var attempts = 0
        /// Who holds it now; more than one where it is late or audited.
        var copies: [Copy] = []
        /// Why earlier attempts came to nothing: the last few.
        var causes: [String] = []

        func isHeld(by peer: PeerID) -> Bool { copies.contains { $0.peer == peer } }
    }

    /// Causes that are kept of one unit.
    private static let causeLimit = 12

    private(set) var open: [UInt64: OpenUnit] = [:]
    /// Ids waiting to be dealt, ascending, so that dealing does not depend on who left when.
    private(set) var waiting: [UInt64] = []
    /// The same of those that are not due.
    private var waitingAhead: [UInt64] = []

    var openCount: Int { open.count }
    /// The next that is not due and that nobody holds.
    var nextAhead: OpenUnit? { waitingAhead.first.flatMap { open[$0] } }

    mutating func add(_ assignment: WorkUnit, sampleBytes: Int = 0, isAhead: Bool = false) {
        precondition(open[assignment.id] == nil, "unit \(assignment.id) submitted twice")
        open[assignment.id] = OpenUnit(assignment: assignment, sampleBytes: sampleBytes, isAhead: isAhead)
        insertWaiting(assignment.id)
    }

    /// A unit that was not due is now. Returns it if somebody holds it; else it waits to be dealt, as any other.
    mutating func makeDue(_ assignment: WorkUnit, at now: Double) -> OpenUnit? {
        let id = assignment.id
        precondition(open[id]?.isAhead == true, "unit \(id) submitted twice")
        waitingAhead.removeAll { $0 == id }
        open[id]?.assignment = assignment
        open[id]?.isAhead = false
        guard let peer = open[id]?.copies.first?.peer else {
            insertWaiting(id)
            return nil
        }
        open[id]?.copies = [Copy(peer: peer, dealtAt: now, sentAt: now)]
        return open[id]
    }

    /// Notes that a unit was dealt.
    /// - Parameter wantsMore: whether it stays in line for another worker.
    mutating func deal(_ id: UInt64, to peer: PeerID, at now: Double, wantsMore: Bool = false) -> OpenUnit? {
        if open[id]?.isAhead == true {
            waitingAhead.removeAll { $0 == id }
        } else if !wantsMore {
            waiting.removeAll { $0 == id }
        }
        open[id]?.attempts += 1
        open[id]?.copies.append(Copy(peer: peer, dealtAt: now, sentAt: now))
        return open[id]
    }

    /// Notes that a unit was sent once more to one who has it.
    mutating func remind(_ id: UInt64, _ peer: PeerID, at now: Double) {
        guard let index = open[id]?.copies.firstIndex(where: { $0.peer == peer }) else { return }
        open[id]?.copies[index].sentAt = now
        open[id]?.copies[index].reminders += 1
    }

    /// One who held a unit holds it no more. Returns it, nil if it is not open or not held by `peer`.
    /// - Parameter cause: why it came to nothing; nil where it did not.
    mutating func release(_ id: UInt64, from peer: PeerID, cause: String? = nil) -> OpenUnit? {
        guard open[id]?.isHeld(by: peer) == true else { return nil }
        open[id]?.copies.removeAll { $0.peer == peer }
        if let cause {
            let causes = (open[id]?.causes ?? []) + [cause]
            open[id]?.causes = causes.suffix(Self.causeLimit)
        }
        return open[id]
    }

    /// Puts a unit back in line, where it is not in line already.
    mutating func wait(_ id: UInt64) {
        guard open[id] != nil, !waiting.contains(id), !waitingAhead.contains(id) else { return }
        insertWaiting(id)
    }

    /// Takes a unit out of line that enough workers have.
    mutating func stopWaiting(_ id: UInt64) { waiting.removeAll { $0 == id } }

    /// Closes a unit that has been answered. Nil if it is not open: a late duplicate, or never dealt.
    mutating func close(_ id: UInt64) -> OpenUnit? {
        guard let unit = open.removeValue(forKey: id) else { return nil }
        waiting.removeAll { $0 == id }
        waitingAhead.removeAll { $0 == id }
        return unit
    }

    mutating func removeAll() {
        open = [:]
        waiting = []
        waitingAhead = []
    }

    private mutating func insertWaiting(_ id: UInt64) {
        func insert(into line: inout [UInt64]) { line.insert(id, at: line.firstIndex { $0 > id } ?? line.count) }
        if open[id]?.isAhead == true { insert(into: &waitingAhead) } else { insert(into: &waiting) }
    }
}
