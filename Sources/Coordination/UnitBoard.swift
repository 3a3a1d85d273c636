import Messages

/// The units of work that are open: waiting to be dealt, or dealt and not answered. A unit leaves when its first result
/// comes; what comes later for it is the same bits and is ignored.
struct UnitBoard: Sendable {
    struct OpenUnit: Sendable {
        var assignment: WorkUnit
        /// Bytes of its samples.
        let sampleBytes: Int
        /// Only its samples may go out; it is not due yet.
        var isAhead: Bool
        /// How often it was dealt.
        var attempts = 0
        /// Who holds it now.
        var holder: PeerID?
        /// Why its earlier attempts came to nothing.
        var causes: [String] = []
    }

    private(set) var open: [UInt64: OpenUnit] = [:]
    /// Ids waiting to be dealt, ascending, so that dealing does not depend on who left when.
    private var waiting: [UInt64] = []
    /// The same of those that are not due.
    private var waitingAhead: [UInt64] = []

    var openCount: Int { open.count }
    var waitingCount: Int { waiting.count }
    /// The next that is not due and that nobody holds.
    var nextAhead: OpenUnit? { waitingAhead.first.flatMap { open[$0] } }

    mutating func add(_ assignment: WorkUnit, sampleBytes: Int = 0, isAhead: Bool = false) {
        precondition(open[assignment.id] == nil, "unit \(assignment.id) submitted twice")
        open[assignment.id] = OpenUnit(assignment: assignment, sampleBytes: sampleBytes, isAhead: isAhead)
        insertWaiting(assignment.id)
    }

    /// A unit that was not due is now. Returns it if somebody holds it; else it waits to be dealt, as any other.
    mutating func makeDue(_ assignment: WorkUnit) -> OpenUnit? {
        let id = assignment.id
        precondition(open[id]?.isAhead == true, "unit \(id) submitted twice")
        waitingAhead.removeAll { $0 == id }
        open[id]?.assignment = assignment
        open[id]?.isAhead = false
        if open[id]?.holder == nil { insertWaiting(id) }
        return open[id]?.holder == nil ? nil : open[id]
    }

    mutating func takeNext(for peer: PeerID, ahead: Bool = false) -> OpenUnit? {
        guard let id = ahead ? waitingAhead.first : waiting.first else { return nil }
        if ahead { waitingAhead.removeFirst() } else { waiting.removeFirst() }
        open[id]?.attempts += 1
        open[id]?.holder = peer
        return open[id]
    }

    /// Puts a dealt unit back in line. Returns it with its causes, nil if it is not open or not held by `peer`.
    mutating func putBack(_ id: UInt64, from peer: PeerID, cause: String) -> OpenUnit? {
        guard open[id]?.holder == peer else { return nil }
        open[id]?.holder = nil
        open[id]?.causes.append(cause)
        insertWaiting(id)
        return open[id]
    }

    /// Puts a unit back whose holder did nothing wrong: it does not count as an attempt.
    /// - Returns: whether it was open and held by `peer`.
    mutating func release(_ id: UInt64, from peer: PeerID) -> Bool {
        guard open[id]?.holder == peer else { return false }
        open[id]?.holder = nil
        open[id]?.attempts -= 1
        insertWaiting(id)
        return true
    }

    /// Closes a unit that has been answered. Nil if it is not open: a late duplicate, or never dealt.
    mutating func close(_ id: UInt64) -> OpenUnit? {
        guard let unit = open.removeValue(forKey: id) else { return nil }
        if let index = waiting.firstIndex(of: id) { waiting.remove(at: index) }
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
