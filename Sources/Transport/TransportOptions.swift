import Messages

/// Settings of an endpoint, with units and reasons.
public struct TransportOptions: Sendable {
    /// Largest frame (ZMQ_MAXMSGSIZE: a peer that announces more is cut off), frames and bytes of a message.
    public var limits = Limits()
    /// Threads of libzmq's that a router has: weights go out to, and gradients come in from, several workers at once.
    public var routerThreads: Int32 = 2
    /// Messages per connection and direction inside libzmq. It counts messages of any size, so it is kept low and what
    /// waits stands in our own queue, which counts bytes.
    public var highWaterMark: Int32 = 16
    /// Router with an inbox: bytes of a message of a peer that is not admitted. A question is the largest that it has to send.
    public var strangersMessageBytes = 256 << 10
    /// Bytes of the kernel's buffers in either direction of a TCP connection within this machine, where a large buffer only means that
    /// what is copied in has left the processor's cache when it is copied out. On other connections the kernel finds the size.
    public var loopbackBuffer: Int32 = 256 << 10
    /// Bytes that may wait for one peer. A single larger message is taken when nothing else waits.
    public var queuedBytes = 1 << 30
    /// Router: how long a connection may take nothing before its peer counts as unreachable.
    public var sendTimeout: Duration = .seconds(10)
    /// Dealer: waits between attempts to connect double from the first to the second.
    public var reconnectInterval: Duration = .milliseconds(100)
    public var reconnectIntervalMaximum: Duration = .seconds(5)
    /// ZMTP heartbeats: they find dead machines and cut cables, and prove nothing about the work. More than 65 s would not
    /// fit in libzmq 4.3.4's field.
    public var heartbeatInterval: Duration = .seconds(2)
    public var heartbeatTimeout: Duration = .seconds(10)
    /// How long a connection may take to shake hands; libzmq's own 30 s lets idle strangers hold sockets.
    public var handshakeTimeout: Duration = .seconds(5)
    /// TCP keepalive, for the time before ZMTP's heartbeats begin: idle seconds, seconds between probes, probes.
    public var keepaliveIdle: Int32 = 30
    public var keepaliveInterval: Int32 = 10
    public var keepaliveCount: Int32 = 4

    public init() {}
}

extension Duration {
    /// Whole milliseconds, as libzmq's options take them; at least 0.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return Int32(clamping: max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}
