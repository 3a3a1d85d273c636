import Messages

/// How much of something is allowed: `capacity` at once, and `perSecond` in the long run. Time is data.
public struct TokenBucket: Sendable, Equatable {
    public let capacity: Double
    public let perSecond: Double
    private var tokens: Double
    private var last: Double?

    public init(capacity: Double, perSecond: Double) {
        self.capacity = capacity
        self.perSecond = perSecond
        tokens = capacity
    }

    /// Takes so many if they are there, or none.
    public mutating func take(_ count: Double = 1, at now: Double) -> Bool {
        refill(at: now)
        guard tokens >= count else { return false }
        tokens -= count
        return true
    }

    /// Takes as many of `count` as are there, and returns how many.
    public mutating func takeUpTo(_ count: Int, at now: Double) -> Int {
        refill(at: now)
        let taken = min(count, Int(tokens))
        tokens -= Double(taken)
        return taken
    }

    /// Takes so many whether they are there or not; the rest is owed, up to `most`.
    /// - Returns: whether that much may be owed; if not, nothing is taken.
    public mutating func borrow(_ count: Double, owingAtMost most: Double, at now: Double) -> Bool {
        refill(at: now)
        guard tokens - count >= -most else { return false }
        tokens -= count
        return true
    }

    /// When nothing is owed any more, if nothing more is borrowed: `now` or later.
    public mutating func paid(at now: Double) -> Double {
        refill(at: now)
        return tokens >= 0 ? now : now - tokens / perSecond
    }

    private mutating func refill(at now: Double) {
        if let last, now > last { tokens = min(capacity, tokens + (now - last) * perSecond) }
        last = max(now, last ?? now)
    }
}

/// What observers may ask, all together and each for itself, so that one who asks without end takes nothing from the others and
/// little from the run. A question costs 1 (some 0.2 ms of the coordinator's thread), a search through the log 20.
struct QuestionAllowance: Sendable {
    private var all = TokenBucket(capacity: 2000, perSecond: 400)
    private var byPeer: [PeerID: TokenBucket] = [:]
    /// Peers remembered at most. To forget is to give a whole allowance again, and a new connection has that as well.
    private static let peers = 1024

    mutating func take(_ cost: Double, for peer: PeerID, at now: Double) -> Bool {
        if byPeer.count >= Self.peers, byPeer[peer] == nil { byPeer = [:] }
        var own = byPeer[peer] ?? TokenBucket(capacity: 400, perSecond: 100)
        let granted = own.take(cost, at: now)
        byPeer[peer] = own
        return granted && all.take(cost, at: now)
    }
}
