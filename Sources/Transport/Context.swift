import CZeroMQ
import Diagnostics
import Glibc

/// A ZeroMQ context of one endpoint's own, so that closing the endpoint waits for what lingers, within its bound.
final class Context: @unchecked Sendable {
    private let pointer: UnsafeMutableRawPointer

    /// - Parameter threads: libzmq's own, among which connections are shared out; one moves a few GB a second.
    init(threads: Int32 = 1) throws(Problem) {
        Self.keepFreedFrames()
        guard let pointer = zmq_ctx_new() else {
            throw Problem("cannot start ZeroMQ: \(zeroMQMessage(zmq_errno()))", remedy: "raise the limit of open files (ulimit -n)")
        }
        zmq_ctx_set(pointer, ZMQ_IO_THREADS, threads)
        self.pointer = pointer
    }

    /// libzmq allocates every frame that it receives, and the C library would give the memory of the large ones back to the
    /// system each time: fresh pages for the next step's frames cost more than all their copies. Up to so many bytes stay.
    private static func keepFreedFrames() {
        mallopt(M_MMAP_THRESHOLD, 32 << 20)
        mallopt(M_TRIM_THRESHOLD, 256 << 20)
        mallopt(M_TOP_PAD, 64 << 20)
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
