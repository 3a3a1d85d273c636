import CZeroMQ
import Diagnostics
import Foundation
import Messages
import Synchronization

/// The coordinator's socket: bound to an address, with any number of peers.
///
///     let mailbox = Mailbox<TransportEvent>()
///     let router = try RouterEndpoint(bind: "tcp://127.0.0.1:*") { mailbox.put($0) }
///     while let event = mailbox.next(until: deadline) { … }
///
/// A thread of its own owns the socket and does nothing but move messages: it never stops reading, and a peer that takes
/// nothing delays nobody else.
public final class RouterEndpoint: Sendable {
    /// Where it really is bound, with its port.
    public let address: String
    private let outbox: Outbox
    private let inbox: RouterInbox?
    private let allowance: Allowance
    private let thread: SocketThread
    private let authenticator: Authenticator?

    /// The same, with an inbox that bounds what waits for its owner and tells workers from strangers.
    public convenience init(
        bind text: String, options: TransportOptions = TransportOptions(), keys: ServerKeys? = nil, insecure: Bool = false,
        into inbox: RouterInbox
    ) throws(Problem) {
        try self.init(bind: text, options: options, keys: keys, insecure: insecure, inbox: inbox) { inbox.put($0) }
    }

    /// - Parameters:
    ///   - keys: admit only whom their list names; nil: everybody.
    ///   - insecure: admit strangers on an address that other machines reach.
    ///   - deliver: called on the endpoint's thread, and with news of `keys` on another; must return soon.
    /// - Throws: why the address cannot be bound, and what to do.
    public init(
        bind text: String, options: TransportOptions = TransportOptions(), keys: ServerKeys? = nil, insecure: Bool = false,
        inbox: RouterInbox? = nil, deliver: @escaping @Sendable (TransportEvent) -> Void
    ) throws(Problem) {
        let address = try EndpointAddress(parsing: text)
        try address.checkBeforeBinding(isGuarded: keys != nil, insecure: insecure)
        RouterConnections.makeRoom()
        let wake = try WakeSignal()
        let context = try Context(threads: options.routerThreads)
        let socket = try context.socket(ZMQ_ROUTER)
        var authenticator: Authenticator?
        let monitor: ConnectionMonitor
        do throws(Problem) {
            try socket.configure(options, address: address)
            if let keys {
                // Before the address is open to anybody.
                try socket.secure(keys)
                authenticator = try Authenticator(keys.access, context: context, deliver: deliver)
            }
            // Dealers ping, and their pings say how long to wait for the next. A router that pings too, has stopped reading a
            // connection (its queue is full, or this program was frozen) and loses that connection then, is aborted by libzmq 4.3.4
            // at its next ping: "Assertion failed: !_io_error".
            try socket.set(ZMQ_HEARTBEAT_IVL, 0)
            // Say so, rather than drop in silence, when a message has no receiver.
            try socket.set(ZMQ_ROUTER_MANDATORY, 1)
            try socket.set(ZMQ_BACKLOG, 512)
            monitor = try ConnectionMonitor(of: socket, context: context)
            guard zmq_bind(socket.pointer, address.bindingText) == 0 else {
                let problem = address.bindProblem(zmq_errno())
                monitor.close(socket)
                throw problem
            }
        } catch {
            socket.close()
            authenticator?.close()
            throw error
        }
        self.authenticator = authenticator
        self.address = socket.lastEndpoint
        let outbox = Outbox(limit: options.queuedBytes, wake: wake)
        self.outbox = outbox
        self.inbox = inbox
        let allowance = Allowance()
        self.allowance = allowance
        inbox?.attach { wake.raise() }
        thread = SocketThread(name: "router") {
            RouterLoop(
                socket: socket, monitor: monitor, outbox: outbox, inbox: inbox, allowance: allowance, wake: wake, options: options,
                access: keys?.access, deliver: deliver
            ).run()
            // The context goes last, and waits for what lingers.
            withExtendedLifetime(context) {}
        }
    }

    /// Queues a message; any thread may call. For a peer that is not admitted little waits: it may never read.
    public func send(_ frames: [Data], to peer: PeerID) -> SendOutcome {
        let isStranger = inbox.map { !$0.isAdmitted(peer) } ?? false
        return outbox.put(frames, to: peer, bound: isStranger ? RouterConnections.unreadBytes : .max)
    }

    /// How many bytes a message of an admitted peer may have, as far as that is less than the limits say.
    public func allowMessages(upTo bytes: Int) { allowance.bytes.store(bytes, ordering: .relaxed) }

    /// Goes on sending what is queued for at most so long, then closes and waits for the thread to end. A second call
    /// returns when the first does, or at once.
    public func close(flushingFor duration: Duration = .zero) {
        outbox.close(by: .now + duration)
        thread.join()
        authenticator?.close()
    }

    deinit { close() }
}

/// Bytes of the largest message that an admitted peer may send.
final class Allowance: Sendable {
    let bytes = Atomic<Int>(.max)
}
