import CZeroMQ
import Diagnostics
import Glibc

/// Wakes a thread that sleeps in `zmq_poll`: an eventfd, polled beside the socket.
final class WakeSignal: Sendable {
    let descriptor: Int32

    init() throws(Problem) {
        descriptor = filterscope_eventfd()
        guard descriptor >= 0 else {
            throw Problem("cannot open an event descriptor: \(zeroMQMessage(zmq_errno()))", remedy: "raise the limit of open files (ulimit -n)")
        }
    }

    func raise() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    func lower() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }

    deinit { close(descriptor) }
}
