import Messages

/// The units of work that are open: waiting to be dealt, or dealt and not answered. A unit leaves when its first result
/// comes; what comes later for it is the same bits and is ignored.
struct UnitBoard: Sendable {
    struct OpenUnit: Sendable {
        let assignment: WorkUnit
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

    var openCount: Int { open.count }
    var waitingCount: Int { waiting.count }

    mutating func add(_ assignment: WorkUnit) {
        precondition(open[assignment.id] == nil, "unit \(assignment.id) submitted twice")
        open[assignment.id] = OpenUnit(assignment: assignment)
        insertWaiting(assignment.id)
    }

    mutating func takeNext(for peer: PeerID) -> OpenUnit? {
        guard !waiting.isEmpty else { return nil }
        let id = waiting.removeFirst()
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

    /// Closes a unit that has been answered. Nil if it is not open: a late duplicate, or never dealt.
    mutating func close(_ id: UInt64) -> OpenUnit? {
        guard let unit = open.removeValue(forKey: id) else { return nil }
        if let index = waiting.firstIndex(of: id) { waiting.remove(at: index) }
        return unit
    }

    mutating func removeAll() {
        open = [:]
        waiting = []
    }

    private mutating func insertWaiting(_ id: UInt64) {
        waiting.insert(id, at: waiting.firstIndex { $0 > id } ?? waiting.count)
    }
}
