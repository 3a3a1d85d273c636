import Foundation
import Messages

/// What a router was sent and its owner has not taken yet: bounded, so that an owner who computes for a while, or peers who
/// send without end, cannot fill the memory. Two lines stand before the owner:
///
/// - **Admitted** peers, workers, lose nothing. When their line holds `admittedBytes`, the router stops reading its socket, so
///   that TCP makes the senders wait, and goes on sending.
/// - **Strangers** have a short line of their own. What does not fit is dropped and counted.
public final class RouterInbox: @unchecked Sendable {
    public struct Bounds: Sendable {
        /// A step's results from all workers wait while the owner takes its step; larger clusters wait a little.
        public var admittedBytes = 1 << 30
        /// Questions and hellos are a few hundred bytes each.
        public var strangersBytes = 8 << 20
        public init() {}
    }

    /// What never reached the owner.
    public enum Refused: Sendable, Hashable, CaseIterable {
        /// Dropped, for the strangers' line was full, or they were told enough.
        case flood
        /// The connection came to nothing: no ZeroMQ, another mechanism, silence.
        case handshake
        /// A connection was cut over a frame that was too large or none, or a message without end.
        case cut
        /// A stranger's connection was cut, since there were too many of them.
        case crowded
    }

    private let bounds: Bounds
    private let condition = MonotonicCondition()
    // Everything below is guarded by `condition`.
    private var workersLine = Line()
    private var strangersLine = Line()
    private var admitted: Set<PeerID> = []
    private var refused: [Refused: Int] = [:]
    private var roomIsWanted = false
    private var room: (@Sendable () -> Void)?

    public init(_ bounds: Bounds = Bounds()) { self.bounds = bounds }

    // MARK: The owner's side

    /// From now on a peer is a worker: nothing of its is dropped.
    public func admit(_ peer: PeerID) {
        condition.withLock {
            guard admitted.insert(peer).inserted else { return }
            // A peer's messages keep their order.
            strangersLine.moveAll(of: peer, to: &workersLine)
        }
    }

    public func dismiss(_ peer: PeerID) { condition.withLock { _ = admitted.remove(peer) } }

    public func isAdmitted(_ peer: PeerID) -> Bool { condition.withLock { admitted.contains(peer) } }

    /// The next event, workers' first; nil when the deadline passes. One that is there already is returned even where the
    /// deadline has passed.
    public func next(until deadline: ContinuousClock.Instant) -> TransportEvent? {
        let (event, wake) = condition.withLock { () -> (TransportEvent?, (@Sendable () -> Void)?) in
            while workersLine.isEmpty, strangersLine.isEmpty, ContinuousClock.now < deadline { condition.wait(until: deadline) }
            return take(strangers: true)
        }
        wake?()
        return event
    }

    /// The next event if there is one, without waiting.
    /// - Parameter strangers: whether theirs are wanted too.
    public func next(strangers: Bool) -> TransportEvent? {
        let (event, wake) = condition.withLock { take(strangers: strangers) }
        wake?()
        return event
    }

    /// What was refused since the last call.
    public func takeRefused() -> [Refused: Int] {
        condition.withLock {
            defer { refused = [:] }
            return refused
        }
    }

    /// Counts a reply to a stranger that was not sent.
    public func drop() { count(.flood) }

    private func take(strangers: Bool) -> (TransportEvent?, (@Sendable () -> Void)?) {
        if let event = workersLine.takeFirst() {
            guard roomIsWanted, workersLine.bytes <= bounds.admittedBytes / 2 else { return (event, nil) }
            roomIsWanted = false
            return (event, room)
        }
        return (strangers ? strangersLine.takeFirst() : nil, nil)
    }

    // MARK: The router's side

    /// - Parameter room: called on the owner's thread when there is room again after `hasRoom` said no.
    func attach(_ room: @escaping @Sendable () -> Void) { condition.withLock { self.room = room } }

    /// Whether another message may be read from the socket.
    var hasRoom: Bool {
        condition.withLock {
            roomIsWanted = workersLine.bytes >= bounds.admittedBytes
            return !roomIsWanted
        }
    }

    func put(_ event: TransportEvent) {
        condition.withLock {
            switch event {
            case .message(let peer, _), .discarded(let peer, _), .unreachable(let peer), .hungUp(let peer):
                if admitted.contains(peer) {
                    workersLine.append(event, of: peer)
                } else if case .message = event {
                    putStrangers(event, peer)
                } else if case .discarded = event {
                    putStrangers(event, peer)
                }
            case .barred(let peer):
                if admitted.contains(peer) { workersLine.append(event, of: peer) } else { putStrangers(event, peer) }
            // A few a second at most, and none may be lost.
            case .access: workersLine.append(event, of: .server)
            case .connected, .disconnected, .handshakeFailed, .turnedAway: return
            }
            condition.signal()
        }
    }

    private func putStrangers(_ event: TransportEvent, _ peer: PeerID) {
        guard strangersLine.bytes < bounds.strangersBytes else { return refused[.flood, default: 0] += 1 }
        strangersLine.append(event, of: peer)
    }

    func count(_ kind: Refused) { condition.withLock { refused[kind, default: 0] += 1 } }

    /// Events in order, with what they weigh.
    private struct Line {
        private var events = Queue<(event: TransportEvent, peer: PeerID, weight: Int)>()
        private(set) var bytes = 0

        var isEmpty: Bool { events.isEmpty }

        mutating func append(_ event: TransportEvent, of peer: PeerID) {
            let weight = Self.weight(event)
            bytes += weight
            events.append((event, peer, weight))
        }

        mutating func takeFirst() -> TransportEvent? {
            guard let first = events.takeFirst() else { return nil }
            bytes -= first.weight
            return first.event
        }

        mutating func moveAll(of peer: PeerID, to other: inout Line) {
            var rest = Line()
            while let next = events.takeFirst() {
                if next.peer == peer { other.append(next.event, of: peer) } else { rest.append(next.event, of: next.peer) }
            }
            self = rest
        }

        /// Frames, and what the containers about them take, so that empty ones weigh something too.
        private static func weight(_ event: TransportEvent) -> Int {
            guard case .message(_, let frames) = event else { return 512 }
            return frames.reduce(512) { $0 + $1.count + 64 }
        }
    }
}
