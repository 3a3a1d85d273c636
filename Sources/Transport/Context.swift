import CZeroMQ
import Diagnostics
import Glibc

/// A ZeroMQ context of one endpoint's own, so that closing the endpoint waits for what lingers, within its bound.
final class Context: @unchecked Sendable {
    private let pointer: UnsafeMutableRawPointer

    init() throws(Problem) {
        guard let pointer = zmq_ctx_new() else {
            throw Problem("cannot start ZeroMQ: \(zeroMQMessage(zmq_errno()))", remedy: "raise the limit of open files (ulimit -n)")
        }
        self.pointer = pointer
    }

    func socket(_ type: Int32) throws(Problem) -> Socket {
        guard let socket = zmq_socket(pointer, type) else {
            throw Problem("cannot open a socket: \(zeroMQMessage(zmq_errno()))", remedy: "raise the limit of open files (ulimit -n)")
        }
        return Socket(socket)
    }

    /// Returns when every socket is closed and has sent what lingers, or has lingered long enough.
    deinit { while zmq_ctx_term(pointer) != 0, zmq_errno() == EINTR {} }
}
