import CZeroMQ
import Diagnostics
import Foundation

/// libzmq's news about a socket's connections, read from a PAIR socket in the same poll.
struct ConnectionMonitor: @unchecked Sendable {
    enum News {
        case connected, handshakeFailed(String), turnedAway(HandshakeRefusal)
        /// A listener's; the number is libzmq's descriptor of the connection.
        case accepted(Int32)
        case disconnected(Int32)
    }

    let pair: Socket
    private static let events =
        ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
        | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH

    init(of socket: Socket, context: Context) throws(Problem) {
        let address = "inproc://monitor"
        guard zmq_socket_monitor(socket.pointer, address, Self.events) == 0 else {
            throw Problem("cannot watch the connection: \(zeroMQMessage(zmq_errno()))")
        }
        pair = try context.socket(ZMQ_PAIR)
        // Without bound: where the queue is full, libzmq's own thread would wait, and everybody with it.
        do throws(Problem) { try pair.set(ZMQ_RCVHWM, 0) } catch {
            close(socket)
            throw error
        }
        guard zmq_connect(pair.pointer, address) == 0 else {
            let problem = Problem("cannot watch the connection: \(zeroMQMessage(zmq_errno()))")
            close(socket)
            throw problem
        }
    }

    /// The next news, if there is any. A message is two frames: event (16 bits) and value (32 bits), then the address.
    func next() -> News? {
        while case .message(_, let frames, _) = pair.receive(routed: false, limits: .init()) {
            guard let first = frames.first, first.count >= 6 else { continue }
            let bytes = [UInt8](first)
            let event = Int32(bytes[0]) | Int32(bytes[1]) << 8
            let value = (0..<4).reduce(Int32(0)) { $0 | Int32(truncatingIfNeeded: UInt32(bytes[2 + $1]) << (8 * UInt32($1))) }
            switch event {
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .connected
            case ZMQ_EVENT_ACCEPTED: return .accepted(value)
            case ZMQ_EVENT_DISCONNECTED: return .disconnected(value)
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL where value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
                return .turnedAway(.mechanism)
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return .handshakeFailed("it does not speak ZeroMQ (code \(value))")
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .turnedAway(.key)
            case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return .handshakeFailed(zeroMQMessage(value))
            default: continue
            }
        }
        return nil
    }

    /// Before the socket itself is closed.
    func close(_ socket: Socket) {
        zmq_socket_monitor(socket.pointer, nil, 0)
        pair.close()
    }
}
