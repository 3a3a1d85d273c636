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
    private let monitor: ConnectionMonitor
    private let connections = RouterConnections()
    private let inbox: RouterInbox?
    private let allowance: Allowance
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
    private var lastWatch = ContinuousClock.now
    /// Handshakes that failed and whose connections have not been reported closed yet.
    private var failedHandshakes = 0
    /// Milliseconds between two looks at the connections. At 2 GB/s a message without end grows by 40 MB meanwhile.
    private static let watchPause = 20
    private static let longestRetryPause = 20
    /// Messages read in a row before sending has its turn.
    private static let readsInARow = 64

    init(
        socket: Socket, monitor: ConnectionMonitor, outbox: Outbox, inbox: RouterInbox?, allowance: Allowance, wake: WakeSignal,
        options: TransportOptions, access: AccessControl? = nil, deliver: @escaping (TransportEvent) -> Void
    ) {
        self.access = access
        self.socket = socket
        self.monitor = monitor
        self.inbox = inbox
        self.allowance = allowance
        self.outbox = outbox
        self.wake = wake
        self.options = options
        self.deliver = deliver
    }

    func run() {
        while true {
            wait()
            takeQueued()
            // News first: a connection is known before its first message is read.
            let ended = readNews()
            let isDrained = read()
            for descriptor in ended { end(descriptor) }
            watch(isDrained: isDrained)
            flush()
            if let closing, queues.isEmpty || ContinuousClock.now >= closing.deadline { break }
        }
        monitor.close(socket)
        connections.closeAll()
        let rest = closing.map { ContinuousClock.now.duration(to: $0.deadline) } ?? .zero
        socket.close(lingering: max(.zero, rest))
    }

    private func wait() {
        var items = [
            zmq_pollitem_t(socket: nil, fd: wake.descriptor, events: Int16(ZMQ_POLLIN), revents: 0),
            zmq_pollitem_t(socket: monitor.pair.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0),
            zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0),
        ]
        var timeout = connections.isEmpty ? -1 : Self.watchPause
        if !queues.isEmpty { timeout = timeout < 0 ? retryPause : min(timeout, retryPause) }
        // Without room for what it has, the socket is left alone until there is some: the inbox raises the signal.
        let ready = zmq_poll(&items, hasRoom ? 3 : 2, timeout)
        if ready > 0, items[0].revents != 0 { wake.lower() }
        retryPause = ready > 0 ? 1 : min(retryPause * 2, Self.longestRetryPause)
    }

    private func takeQueued() {
        let (items, closing) = outbox.take()
        self.closing = closing
        for item in items { queues[item.peer, default: PeerQueue()].items.append(item) }
    }

    private var hasRoom: Bool { inbox?.hasRoom ?? true }

    private func isAdmitted(_ peer: PeerID) -> Bool { inbox?.isAdmitted(peer) ?? true }

    private var allowedBytes: Int { min(allowance.bytes.load(ordering: .relaxed), options.limits.messageBytes) }

    /// Returns whether nothing was left to be read.
    private func read() -> Bool {
        for _ in 0..<Self.readsInARow {
            guard hasRoom else { return false }
            switch socket.receive(routed: true, limits: options.limits, isKeyed: access != nil) {
            case .message(let peer?, let frames, let origin):
                connections.delivered(origin.bytes, by: peer, from: origin.descriptor)
                if isBarred(peer) { continue }
                let limit = isAdmitted(peer) ? allowedBytes : min(options.limits.messageBytes, options.strangersMessageBytes)
                let bytes = frames.reduce(0) { $0 + $1.count }
                deliver(bytes <= limit
                    ? .message(peer: peer, frames: frames) : .discarded(peer: peer, reason: .messageTooLarge(bytes: bytes, limit: limit)))
            case .tooLarge(let peer?, let reason, let origin):
                connections.delivered(origin.bytes, by: peer, from: origin.descriptor)
                if isBarred(peer) { continue }
                deliver(.discarded(peer: peer, reason: reason))
            case .message(nil, _, _), .tooLarge(nil, _, _): break
            case .nothing: return true
            }
        }
        // More may be there; do not sleep before it is read.
        wake.raise()
        return false
    }

    // MARK: Connections

    /// Returns the descriptors of connections that have ended: they count as open until their last messages are read.
    private func readNews() -> [Int32] {
        var ended: [Int32] = []
        while let news = monitor.next() {
            switch news {
            case .accepted(let descriptor):
                // The number is used again: its former connection's time is over.
                if ended.contains(descriptor) {
                    end(descriptor)
                    ended.removeAll { $0 == descriptor }
                }
                connections.opened(descriptor)
            case .disconnected(let descriptor): ended.append(descriptor)
            case .handshakeFailed, .turnedAway(.mechanism):
                failedHandshakes += 1
                inbox?.count(.handshake)
            // The handler of keys has counted it.
            case .turnedAway(.key): failedHandshakes += 1
            case .connected: break
            }
        }
        return ended
    }

    private func end(_ descriptor: Int32) {
        let (peer, ending) = connections.closed(descriptor)
        if failedHandshakes > 0, peer == nil {
            failedHandshakes -= 1
        } else if ending == .cut {
            inbox?.count(.cut)
        }
        if let peer, inbox != nil { deliver(.hungUp(peer)) }
    }

    private func watch(isDrained: Bool) {
        guard inbox != nil, !connections.isEmpty, lastWatch.duration(to: .now) >= .milliseconds(Self.watchPause - 1) else { return }
        lastWatch = .now
        let cut = connections.cutExcess(isDrained: isDrained, allowance: allowedBytes + RouterConnections.strangersBytes, isAdmitted: isAdmitted)
        for _ in 0..<cut.excessive { inbox?.count(.cut) }
        for _ in 0..<cut.crowded { inbox?.count(.crowded) }
    }

    /// Whether what a peer sends does not count, for its key is not admitted any more, or cannot be told. It is cut off, after
    /// a moment in which it can be told why.
    private func isBarred(_ peer: PeerID) -> Bool {
        guard let access, access.member(peer.key) == nil else { return false }
        if barred.isDue(peer, at: .now) { connections.cut(peer) }
        deliver(.barred(peer))
        return true
    }

    private func flush() {
        for peer in queues.keys { flush(peer) }
    }

    private func flush(_ peer: PeerID) {
        guard var queue = queues[peer] else { return }
        if !isAdmitted(peer), connections.isDeaf(peer) {
            // It leaves unread what it asked for: no more of it.
            queues[peer] = nil
            for item in queue.items {
                outbox.release(item)
                inbox?.count(.flood)
            }
            return
        }
        while let item = queue.items.first {
            switch socket.send(item.frames, route: peer.bytes) {
            case .sent:
                connections.handed(item.bytes, to: peer)
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
