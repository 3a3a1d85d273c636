import CZeroMQ
import Diagnostics
import Foundation
import Messages

/// A ZeroMQ socket. It belongs to one thread at a time: made and bound by whoever opens the endpoint, then handed to the
/// endpoint's thread for good (starting a thread is the memory fence that libzmq asks for).
struct Socket: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer

    init(_ pointer: UnsafeMutableRawPointer) { self.pointer = pointer }

    func set(_ option: Int32, _ value: Int32) throws(Problem) {
        var value = value
        guard zmq_setsockopt(pointer, option, &value, MemoryLayout<Int32>.size) == 0 else {
            throw Problem("libzmq refuses option \(option) = \(value): \(zeroMQMessage(zmq_errno()))")
        }
    }

    func set(_ option: Int32, wide: Int64) throws(Problem) {
        var value = wide
        guard zmq_setsockopt(pointer, option, &value, MemoryLayout<Int64>.size) == 0 else {
            throw Problem("libzmq refuses option \(option) = \(value): \(zeroMQMessage(zmq_errno()))")
        }
    }

    /// What routers and dealers have in common.
    func configure(_ options: TransportOptions, address: EndpointAddress) throws(Problem) {
        // 0: what cannot be sent when the socket closes is dropped; closing with a flush sets a bound of its own.
        try set(ZMQ_LINGER, 0)
        // Queue only to connections that stand.
        try set(ZMQ_IMMEDIATE, 1)
        try set(ZMQ_SNDHWM, options.highWaterMark)
        try set(ZMQ_RCVHWM, options.highWaterMark)
        try set(ZMQ_MAXMSGSIZE, wide: Int64(options.limits.frameBytes))
        try set(ZMQ_RECONNECT_IVL, options.reconnectInterval.milliseconds)
        try set(ZMQ_RECONNECT_IVL_MAX, options.reconnectIntervalMaximum.milliseconds)
        try set(ZMQ_HEARTBEAT_IVL, options.heartbeatInterval.milliseconds)
        try set(ZMQ_HEARTBEAT_TIMEOUT, options.heartbeatTimeout.milliseconds)
        try set(ZMQ_HEARTBEAT_TTL, options.heartbeatTimeout.milliseconds)
        try set(ZMQ_HANDSHAKE_IVL, options.handshakeTimeout.milliseconds)
        try set(ZMQ_TCP_KEEPALIVE, 1)
        try set(ZMQ_TCP_KEEPALIVE_IDLE, options.keepaliveIdle)
        try set(ZMQ_TCP_KEEPALIVE_INTVL, options.keepaliveInterval)
        try set(ZMQ_TCP_KEEPALIVE_CNT, options.keepaliveCount)
        try set(ZMQ_IPV6, address.isIPv6 ? 1 : 0)
        if case .tcp = address, address.isLocal {
            try set(ZMQ_SNDBUF, options.loopbackBuffer)
            try set(ZMQ_RCVBUF, options.loopbackBuffer)
        }
    }

    /// The endpoint that the last bind settled on, with its port.
    var lastEndpoint: String {
        var text = [CChar](repeating: 0, count: 512)
        var length = text.count
        guard zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &text, &length) == 0 else { return "" }
        return String(decoding: text.prefix(while: { $0 != 0 }).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Closes; libzmq goes on sending what it holds for at most so long.
    func close(lingering: Duration = .zero) {
        var milliseconds = lingering.milliseconds
        zmq_setsockopt(pointer, ZMQ_LINGER, &milliseconds, MemoryLayout<Int32>.size)
        zmq_close(pointer)
    }
}
