import Messages

/// Connections that are about to be cut, each since its first message that did not count. Bounded: one that sends nothing
/// more is forgotten.
struct BarredPeers {
    /// Time for the word that tells a peer why.
    static let grace = Duration.milliseconds(500)
    private static let largest = 1024
    private var since: [PeerID: ContinuousClock.Instant] = [:]

    /// Notes a message from a barred peer.
    /// - Returns: whether its connection is to be cut now.
    mutating func isDue(_ peer: PeerID, at now: ContinuousClock.Instant) -> Bool {
        guard let first = since[peer] else {
            if since.count >= Self.largest { since = [:] }
            since[peer] = now
            return false
        }
        // The entry stays until the connection is gone with its messages, so that each of these finds the time over.
        return first.duration(to: now) >= Self.grace
    }
}
