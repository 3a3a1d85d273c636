import CZeroMQ
import Foundation
import Messages

/// What the router's thread does. A queue per peer, for libzmq takes messages or refuses them peer by peer.
final class RouterLoop {
    private struct PeerQueue {
        var items: ArraySlice<Outbox.Item> = []
        /// Since when libzmq has refused the first item.
        var refusedSince: ContinuousClock.Instant?
    }

    private let socket: Socket
    private let outbox: Outbox
    private let wake: WakeSignal
    private let options: TransportOptions
    private let deliver: (TransportEvent) -> Void
    /// Who is admitted at present; nil on a socket without keys.
    private let access: AccessControl?
    private var barred = BarredPeers()
    private var queues: [PeerID: PeerQueue] = [:]
    private var closing: Outbox.Closing?
    /// Milliseconds until refused messages are tried again. A router's socket does not tell when a peer has room again.
    private var retryPause = 1
    private static let longestRetryPause = 20
    /// Messages read in a row before sending has its turn.
    private static let readsInARow = 64

    init(
        socket: Socket, outbox: Outbox, wake: WakeSignal, options: TransportOptions, access: AccessControl? = nil,
        deliver: @escaping (TransportEvent) -> Void
    ) {
        self.access = access
        self.socket = socket
        self.outbox = outbox
        self.wake = wake
        self.options = options
        self.deliver = deliver
    }

    func run() {
        while true {
            wait()
            takeQueued()
            read()
            flush()
            if let closing, queues.isEmpty || ContinuousClock.now >= closing.deadline { break }
        }
        let rest = closing.map { ContinuousClock.now.duration(to: $0.deadline) } ?? .zero
        socket.close(lingering: max(.zero, rest))
    }

    private func wait() {
        var items = [
            zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0),
            zmq_pollitem_t(socket: nil, fd: wake.descriptor, events: Int16(ZMQ_POLLIN), revents: 0),
        ]
        let ready = zmq_poll(&items, 2, queues.isEmpty ? -1 : retryPause)
        if ready > 0, items[1].revents != 0 { wake.lower() }
        retryPause = ready > 0 ? 1 : min(retryPause * 2, Self.longestRetryPause)
    }

    private func takeQueued() {
        let (items, closing) = outbox.take()
        self.closing = closing
        for item in items { queues[item.peer, default: PeerQueue()].items.append(item) }
    }

    private func read() {
        for _ in 0..<Self.readsInARow {
            var origin = access.map { _ in MessageOrigin() }
            switch socket.receive(routed: true, limits: options.limits, origin: &origin) {
            case .message(let peer?, _) where isBarred(peer, origin), .tooLarge(let peer?, _) where isBarred(peer, origin):
                deliver(.barred(peer))
            case .message(let peer?, let frames): deliver(.message(peer: peer, frames: frames))
            case .tooLarge(let peer?, let reason): deliver(.discarded(peer: peer, reason: reason))
            case .message(nil, _), .tooLarge(nil, _): break
            case .nothing: return
            }
        }
        // More may be there; do not sleep before it is read.
        wake.raise()
    }

    /// Whether what a peer sends does not count, for its key is not admitted any more, or cannot be told. It is cut off, after
    /// a moment in which it can be told why.
    private func isBarred(_ peer: PeerID, _ origin: MessageOrigin?) -> Bool {
        guard let access, access.member(peer.key) == nil else { return false }
        if barred.isDue(peer, at: .now) { origin?.cut() }
        return true
    }

    private func flush() {
        for peer in queues.keys { flush(peer) }
    }

    private func flush(_ peer: PeerID) {
        guard var queue = queues[peer] else { return }
        while let item = queue.items.first {
            switch socket.send(item.frames, route: peer.bytes) {
            case .sent:
                outbox.release(item)
                queue.items.removeFirst()
                queue.refusedSince = nil
            case .wouldBlock:
                let since = queue.refusedSince ?? .now
                queue.refusedSince = since
                if since.duration(to: .now) >= options.sendTimeout { return giveUp(peer, queue) }
                queues[peer] = queue
                return
            case .unreachable, .lost:
                return giveUp(peer, queue)
            }
        }
        queues[peer] = nil
    }

    private func giveUp(_ peer: PeerID, _ queue: PeerQueue) {
        queues[peer] = nil
        for item in queue.items { outbox.release(item) }
        deliver(.unreachable(peer))
    }
}
