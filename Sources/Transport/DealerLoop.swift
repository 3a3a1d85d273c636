import CZeroMQ
import Foundation
import Messages

/// What the dealer's thread does.
final class DealerLoop {
    private let socket: Socket
    private let monitor: ConnectionMonitor
    private let outbox: Outbox
    private let wake: WakeSignal
    private let options: TransportOptions
    private let deliver: (TransportEvent) -> Void
    private var queue: ArraySlice<Outbox.Item> = []
    private var connected = false
    /// The present attempt has failed and that was told.
    private var failed = false
    private var closing: Outbox.Closing?
    /// Messages read in a row before sending has its turn.
    private static let readsInARow = 64

    init(
        socket: Socket, monitor: ConnectionMonitor, outbox: Outbox, wake: WakeSignal, options: TransportOptions,
        deliver: @escaping (TransportEvent) -> Void
    ) {
        self.socket = socket
        self.monitor = monitor
        self.outbox = outbox
        self.wake = wake
        self.options = options
        self.deliver = deliver
    }

    func run() {
        while true {
            wait()
            takeQueued()
            readNews()
            if !read(atMost: Self.readsInARow) { wake.raise() }
            flush()
            if let closing, queue.isEmpty || ContinuousClock.now >= closing.deadline { break }
        }
        monitor.close(socket)
        let rest = closing.map { ContinuousClock.now.duration(to: $0.deadline) } ?? .zero
        socket.close(lingering: max(.zero, rest))
    }

    /// Waits for room to send only while something waits to be sent; a dealer's socket does tell.
    private func wait() {
        let events = queue.isEmpty ? ZMQ_POLLIN : ZMQ_POLLIN | ZMQ_POLLOUT
        var items = [
            zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(events), revents: 0),
            zmq_pollitem_t(socket: monitor.pair.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0),
            zmq_pollitem_t(socket: nil, fd: wake.descriptor, events: Int16(ZMQ_POLLIN), revents: 0),
        ]
        var timeout = -1
        if let closing { timeout = Int(max(.zero, ContinuousClock.now.duration(to: closing.deadline)).milliseconds) + 1 }
        let ready = zmq_poll(&items, 3, timeout)
        if ready > 0, items[2].revents != 0 { wake.lower() }
    }

    private func takeQueued() {
        let (items, closing) = outbox.take()
        self.closing = closing
        queue.append(contentsOf: items)
    }

    /// News of a connection is posted before its first message and after its last: so it is read first, and what has
    /// arrived is delivered before the end is told.
    private func readNews() {
        while let news = monitor.next() {
            switch news {
            case .accepted: break  // a listener's news
            case .connected:
                connected = true
                failed = false
                deliver(.connected)
            case .disconnected:
                guard connected else {
                    if !failed { deliver(.handshakeFailed(reason: "it hung up before the handshake was done")) }
                    failed = false
                    continue
                }
                while !read(atMost: Self.readsInARow) {}
                connected = false
                for item in queue { outbox.release(item) }
                queue = []
                deliver(.disconnected)
            case .handshakeFailed(let reason):
                failed = true
                deliver(.handshakeFailed(reason: reason))
            case .turnedAway(let refusal):
                failed = true
                deliver(.turnedAway(refusal))
            }
        }
    }

    /// Returns whether everything was read.
    private func read(atMost count: Int) -> Bool {
        for _ in 0..<count {
            switch socket.receive(routed: false, limits: options.limits) {
            case .message(_, let frames, _): deliver(.message(peer: .server, frames: frames))
            case .tooLarge(_, let reason, _): deliver(.discarded(peer: .server, reason: reason))
            case .nothing: return true
            }
        }
        return false
    }

    private func flush() {
        while let item = queue.first {
            if case .wouldBlock = socket.send(item.frames, route: nil) { return }
            outbox.release(item)
            queue.removeFirst()
        }
    }
}
