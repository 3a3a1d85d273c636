/// Records of several machines arrive in order of arrival. What arrives within a moment is put in order of time before it is shown; what
/// comes later than that is shown late, never left out.
struct LogReordering {
    /// Seconds that a record waits for others at most.
    static let patience = 0.4

    private var waiting: [LogLine] = []
    /// When pages arrived, and the newest time that was known then.
    private var arrivals: [(at: Double, newest: Double)] = []

    mutating func add(_ lines: [LogLine], at now: Double) {
        guard let newest = lines.map(\.time).max() else { return }
        waiting += lines
        waiting.sort { ($0.time, $0.id) < ($1.time, $1.id) }
        arrivals.append((now, max(newest, arrivals.last?.newest ?? newest)))
    }

    /// What has waited long enough, or all.
    mutating func due(at now: Double, all: Bool = false) -> [LogLine] {
        if all {
            defer { (waiting, arrivals) = ([], []) }
            return waiting
        }
        guard let last = arrivals.lastIndex(where: { $0.at <= now - Self.patience }) else { return [] }
        let newest = arrivals[last].newest
        arrivals.removeFirst(last + 1)
        let count = waiting.firstIndex { $0.time > newest } ?? waiting.count
        defer { waiting.removeFirst(count) }
        return Array(waiting[..<count])
    }
}
