import Foundation
import Messages
import Synchronization

/// Messages on their way from any thread to the one that owns the socket, bounded in bytes per peer. What that thread has
/// taken and not yet sent still counts.
final class Outbox: Sendable {
    struct Item: Sendable {
        let peer: PeerID
        let frames: [Data]
        let bytes: Int
    }

    /// When the endpoint closes, and until when it may go on sending.
    struct Closing: Sendable { let deadline: ContinuousClock.Instant }

    private struct State {
        var items: [Item] = []
        var waiting: [PeerID: Int] = [:]
        var closing: Closing?
    }

    private let state = Mutex(State())
    private let limit: Int
    private let wake: WakeSignal

    init(limit: Int, wake: WakeSignal) {
        self.limit = limit
        self.wake = wake
    }

    /// - Parameter bound: bytes that may wait for this peer, where that is less than for others.
    /// - Precondition: a message has at least one frame.
    func put(_ frames: [Data], to peer: PeerID, bound: Int = .max) -> SendOutcome {
        precondition(!frames.isEmpty, "a message without frames")
        let bytes = frames.reduce(0) { $0 + $1.count }
        let (outcome, first) = state.withLock { state -> (SendOutcome, Bool) in
            guard state.closing == nil else { return (.closed, false) }
            let waiting = state.waiting[peer, default: 0]
            guard waiting == 0 || waiting + bytes <= min(limit, bound) else { return (.full, false) }
            state.waiting[peer] = waiting + bytes
            state.items.append(Item(peer: peer, frames: frames, bytes: bytes))
            return (.queued, state.items.count == 1)
        }
        if first { wake.raise() }
        return outcome
    }

    func take() -> (items: [Item], closing: Closing?) {
        state.withLock { state in
            defer { state.items = [] }
            return (state.items, state.closing)
        }
    }

    /// Bytes that were sent or thrown away.
    func release(_ item: Item) {
        state.withLock { state in
            let rest = state.waiting[item.peer, default: 0] - item.bytes
            state.waiting[item.peer] = rest > 0 ? rest : nil
        }
    }

    /// The first call counts.
    func close(by deadline: ContinuousClock.Instant) {
        state.withLock { if $0.closing == nil { $0.closing = Closing(deadline: deadline) } }
        wake.raise()
    }
}
