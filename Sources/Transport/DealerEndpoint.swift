import CZeroMQ
import Diagnostics
import Foundation
import Messages

/// A worker's or observer's socket: connected to one address, and connecting again for as long as it is open. Every
/// connection gets a new routing id from the router.
///
/// A thread of its own owns the socket and does nothing but move messages.
public final class DealerEndpoint: Sendable {
    /// The address it connects to.
    public let address: String
    private let outbox: Outbox
    private let thread: SocketThread

    /// Returns at once; `TransportEvent.connected` tells when a connection stands.
    /// - Parameters:
    ///   - keys: for a router with keys; nil for one without.
    ///   - deliver: called on the endpoint's thread; must return soon.
    /// - Throws: what is wrong with the address.
    public init(
        connect text: String, options: TransportOptions = TransportOptions(), keys: ClientKeys? = nil,
        deliver: @escaping @Sendable (TransportEvent) -> Void
    ) throws(Problem) {
        let address = try EndpointAddress(parsing: text)
        switch address {
        case .tcp("*", _): throw Problem("\"*\" is no host to connect to", at: text, remedy: "name the coordinator's machine")
        case .tcp(_, nil): throw Problem("the port is missing", at: text, remedy: "use the port that the coordinator printed when it started")
        default: break
        }
        let wake = try WakeSignal()
        let context = try Context()
        let socket = try context.socket(ZMQ_DEALER)
        let monitor: ConnectionMonitor
        do throws(Problem) {
            try socket.configure(options, address: address)
            // No bound inside libzmq, for what has come is taken at once: with one, a program that was frozen could be aborted for the
            // reason that RouterEndpoint names.
            try socket.set(ZMQ_RCVHWM, 0)
            if let keys { try socket.secure(keys) }
            monitor = try ConnectionMonitor(of: socket, context: context)
            guard zmq_connect(socket.pointer, address.description) == 0 else {
                monitor.close(socket)
                throw Problem("cannot connect: \(zeroMQMessage(zmq_errno()))", at: text, remedy: "write tcp://HOST:PORT or ipc://PATH")
            }
        } catch {
            socket.close()
            throw error
        }
        self.address = address.description
        let outbox = Outbox(limit: options.queuedBytes, wake: wake)
        self.outbox = outbox
        thread = SocketThread(name: "dealer") {
            DealerLoop(socket: socket, monitor: monitor, outbox: outbox, wake: wake, options: options, deliver: deliver).run()
            // The context goes last, and waits for what lingers.
            withExtendedLifetime(context) {}
        }
    }

    /// Queues a message for the connection that stands, or for the next one; any thread may call.
    public func send(_ frames: [Data]) -> SendOutcome { outbox.put(frames, to: .server) }

    /// Goes on sending what is queued for at most so long, then closes and waits for the thread to end. A second call
    /// returns when the first does, or at once.
    public func close(flushingFor duration: Duration = .zero) {
        outbox.close(by: .now + duration)
        thread.join()
    }

    deinit { close() }
}
