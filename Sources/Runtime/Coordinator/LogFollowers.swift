import Messages

/// Who reads the log page by page and has not been told that nothing follows. Bounded: whoever asks may be anybody.
struct LogFollowers {
    private static let most = 1024
    /// How long after its latest question an observer still counts as one that follows.
    private static let seconds = 5.0
    /// When each asked last.
    private var asked: [PeerID: Double] = [:]

    mutating func note(_ peer: PeerID, at now: Double, isToldAll: Bool) {
        asked[peer] = nil
        if asked.count >= Self.most { asked = asked.filter { now - $0.value < Self.seconds } }
        if !isToldAll, asked.count < Self.most { asked[peer] = now }
    }

    /// Whether somebody is about to ask for the rest.
    func isAnybodyAwaited(at now: Double) -> Bool { asked.values.contains { now - $0 < Self.seconds } }
}
