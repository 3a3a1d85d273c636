import CZeroMQ
import Diagnostics
import Foundation
import Messages

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
    private let thread: SocketThread
    private let authenticator: Authenticator?

    /// - Parameters:
    ///   - keys: admit only whom their list names; nil: everybody.
    ///   - insecure: admit strangers on an address that other machines reach.
    ///   - deliver: called on the endpoint's thread, and with news of `keys` on another; must return soon.
    /// - Throws: why the address cannot be bound, and what to do.
    public init(
        bind text: String, options: TransportOptions = TransportOptions(), keys: ServerKeys? = nil, insecure: Bool = false,
        deliver: @escaping @Sendable (TransportEvent) -> Void
    ) throws(Problem) {
        let address = try EndpointAddress(parsing: text)
        try address.checkBeforeBinding(isGuarded: keys != nil, insecure: insecure)
        let wake = try WakeSignal()
        let context = try Context(threads: options.routerThreads)
        let socket = try context.socket(ZMQ_ROUTER)
        var authenticator: Authenticator?
        do throws(Problem) {
            try socket.configure(options, address: address)
            if let keys {
                // Before the address is open to anybody.
                try socket.secure(keys)
                authenticator = try Authenticator(keys.access, context: context, deliver: deliver)
            }
            // Say so, rather than drop in silence, when a message has no receiver.
            try socket.set(ZMQ_ROUTER_MANDATORY, 1)
            try socket.set(ZMQ_BACKLOG, 512)
            guard zmq_bind(socket.pointer, address.bindingText) == 0 else { throw address.bindProblem(zmq_errno()) }
        } catch {
            socket.close()
            authenticator?.close()
            throw error
        }
        self.authenticator = authenticator
        self.address = socket.lastEndpoint
        let outbox = Outbox(limit: options.queuedBytes, wake: wake)
        self.outbox = outbox
        thread = SocketThread(name: "router") {
            RouterLoop(
                socket: socket, outbox: outbox, wake: wake, options: options, access: keys?.access, deliver: deliver
            ).run()
            // The context goes last, and waits for what lingers.
            withExtendedLifetime(context) {}
        }
    }

    /// Queues a message; any thread may call.
    public func send(_ frames: [Data], to peer: PeerID) -> SendOutcome { outbox.put(frames, to: peer) }

    /// Goes on sending what is queued for at most so long, then closes and waits for the thread to end. A second call
    /// returns when the first does, or at once.
    public func close(flushingFor duration: Duration = .zero) {
        outbox.close(by: .now + duration)
        thread.join()
        authenticator?.close()
    }

    deinit { close() }
}
