import Foundation
import Glibc
import Messages

/// The connections of a router as the operating system sees them, so that what libzmq does not bound is bounded all the same:
///
/// - It collects a message's frames without end before it delivers the first: the bytes that a connection has received are
///   compared with those of the messages that came out of it.
/// - It queues replies for a peer that never reads: bytes handed over are compared with those that the other side acknowledged.
/// - It takes any number of connections.
///
/// libzmq tells a connection's descriptor when it is accepted and when it ends, and with every message. The descriptor is
/// duplicated at once: whatever number libzmq's own gets used for later, the duplicate is that connection and no other. The
/// counters are the kernel's (TCP_INFO); connections over `ipc`, which only this user can open, have none.
final class RouterConnections {
    private struct Connection {
        /// Ours; closing it is ours, too.
        let descriptor: Int32
        /// Grows with every connection.
        let number: Int
        let since: ContinuousClock.Instant
        var peer: PeerID?
        /// Bytes of the messages that came out, framing included.
        var delivered = 0
        /// Bytes of the messages that were handed to libzmq.
        var handed = 0
        var isCut = false
        var suspicions = 0
    }

    /// By libzmq's descriptor.
    private var connections: [Int32: Connection] = [:]
    private var descriptors: [PeerID: Int32] = [:]
    private var accepted = 0

    /// Bytes that a stranger may have under way: twice its largest message. Empty frames take two bytes each on the wire and 64
    /// inside libzmq.
    static let strangersBytes = 512 << 10
    /// The same for all strangers together.
    private static let allStrangersBytes = 8 << 20
    /// Bytes of replies that a stranger may leave unread, beyond one reply.
    static let unreadBytes = 64 << 10
    /// Connections of peers that are not admitted. libzmq's own limit, and most systems', is 1,024 descriptors a process.
    static let strangersCount = 256
    /// ZMTP's heartbeats and the greeting are no messages; per connection, and second of its life.
    private static let greetingBytes = 4096
    private static let chatterBytes = 64

    var isEmpty: Bool { connections.isEmpty }

    /// Two descriptors a connection: 512 workers and 256 strangers need more than the 1,024 that most systems begin with. Where
    /// none is left libzmq accepts nobody, and a checkpoint cannot be written.
    static func makeRoom() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < 4096 else { return }
        limit.rlim_cur = min(limit.rlim_max, 4096)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    deinit { for connection in connections.values { close(connection.descriptor) } }

    func closeAll() {
        for connection in connections.values { close(connection.descriptor) }
        connections = [:]
        descriptors = [:]
    }

    // MARK: News

    func opened(_ descriptor: Int32) {
        // One that libzmq has closed in the meantime is somebody else's by now, or nobody's: the next news says so.
        forget(descriptor)
        var type: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else { return }
        guard getsockopt(own, SOL_SOCKET, SO_TYPE, &type, &length) == 0 else {
            close(own)
            return
        }
        accepted += 1
        connections[descriptor] = Connection(descriptor: own, number: accepted, since: .now)
    }

    enum Ending { case hungUp, cut, wasCut }

    /// A connection has ended: who it was, and who ended it. The other side's word is in the connection's state; where there is
    /// none, libzmq has hung up over what it was sent, or over silence.
    func closed(_ descriptor: Int32) -> (peer: PeerID?, ending: Ending) {
        guard let connection = connections[descriptor] else { return (nil, .hungUp) }
        var ending = Ending.hungUp
        if connection.isCut {
            ending = .wasCut
        } else if let information = TCPInformation(connection.descriptor), information.isEstablished, information.silence < .seconds(5) {
            ending = .cut
        }
        let peer = connection.peer
        forget(descriptor)
        return (peer, ending)
    }

    private func forget(_ descriptor: Int32) {
        guard let connection = connections.removeValue(forKey: descriptor) else { return }
        close(connection.descriptor)
        if let peer = connection.peer, descriptors[peer] == descriptor { descriptors[peer] = nil }
    }

    // MARK: Traffic

    /// A message has come out of a connection.
    func delivered(_ bytes: Int, by peer: PeerID, from descriptor: Int32) {
        if let known = descriptors[peer] {
            // The number may be another connection's by now; the peer is whose it was.
            connections[known]?.delivered += bytes
            return
        }
        guard var connection = connections[descriptor] else { return }
        // A late message of the connection that had the number before: libzmq numbers its peers as they come.
        if let other = connection.peer {
            guard peer.isLater(than: other) else { return }
            descriptors[other] = nil
            connection.delivered = 0
        }
        connection.peer = peer
        connection.delivered += bytes
        connections[descriptor] = connection
        descriptors[peer] = descriptor
    }

    func handed(_ bytes: Int, to peer: PeerID) {
        if let descriptor = descriptors[peer] { connections[descriptor]?.handed += bytes }
    }

    /// Whether a stranger has left more unread than it may.
    func isDeaf(_ peer: PeerID) -> Bool {
        guard let descriptor = descriptors[peer], let connection = connections[descriptor],
            connection.handed > Self.unreadBytes, let information = TCPInformation(connection.descriptor)
        else { return false }
        return connection.handed - information.acknowledgedBytes > Self.unreadBytes
    }

    // MARK: Watching

    /// Cuts what has more under way than it may.
    /// - Parameters:
    ///   - isDrained: whether the socket had no message left just before. Otherwise whole messages of workers may wait inside libzmq.
    ///   - allowance: bytes of the largest message that a worker may send.
    /// - Returns: how many were cut for that, and how many strangers since there were too many.
    func cutExcess(isDrained: Bool, allowance: Int, isAdmitted: (PeerID) -> Bool) -> (excessive: Int, crowded: Int) {
        var excessive = 0
        var strangers: [(number: Int, descriptor: Int32)] = []
        var loads: [(bytes: Int, descriptor: Int32)] = []
        for (descriptor, connection) in connections where !connection.isCut {
            let admitted = connection.peer.map(isAdmitted) ?? false
            if !admitted { strangers.append((connection.number, descriptor)) }
            guard !admitted || isDrained, let information = TCPInformation(connection.descriptor) else { continue }
            let chatter = Self.greetingBytes + Self.chatterBytes * Int(connection.since.duration(to: .now).components.seconds)
            let underWay = information.receivedBytes - connection.delivered - chatter
            if !admitted, underWay > 0 { loads.append((underWay, descriptor)) }
            if underWay <= (admitted ? allowance : Self.strangersBytes) {
                connections[descriptor]?.suspicions = 0
            } else if connection.suspicions == 0 {
                // Messages may have come whole since the socket was drained: they are out by the next time.
                connections[descriptor]?.suspicions = 1
            } else {
                cut(descriptor)
                excessive += 1
            }
        }
        var total = loads.reduce(0) { $0 + $1.bytes }
        for load in loads.sorted(by: >) where total > Self.allStrangersBytes {
            total -= load.bytes
            if connections[load.descriptor]?.isCut == false {
                cut(load.descriptor)
                excessive += 1
            }
        }
        // The oldest go: who has come to work or to ask has done so within milliseconds.
        let surplus = max(0, strangers.count - Self.strangersCount)
        if surplus > 0 { for stranger in strangers.sorted(by: <).prefix(surplus) { cut(stranger.descriptor) } }
        return (excessive, surplus)
    }

    /// Cuts a peer off, whatever it has under way.
    func cut(_ peer: PeerID) {
        if let descriptor = descriptors[peer], connections[descriptor]?.isCut == false { cut(descriptor) }
    }

    private func cut(_ descriptor: Int32) {
        guard let connection = connections[descriptor] else { return }
        connections[descriptor]?.isCut = true
        // libzmq sees the end now; the other side is reset when the last of the two descriptors is closed, rather than left to wait
        // before a closed window.
        var atOnce = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection.descriptor, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
        shutdown(connection.descriptor, Int32(SHUT_RDWR))
    }
}

extension PeerID {
    /// libzmq's own routing ids: a zero byte and a number of 32 bits that grows by one, and may begin anew at 0.
    fileprivate func isLater(than other: PeerID) -> Bool {
        guard bytes.count == 5, other.bytes.count == 5 else { return true }
        func number(_ bytes: [UInt8]) -> UInt32 { bytes.dropFirst().reduce(0) { $0 << 8 | UInt32($1) } }
        return Int32(bitPattern: number(bytes) &- number(other.bytes)) > 0
    }
}

/// What the kernel counts of a TCP connection: fields of `struct tcp_info` (<linux/tcp.h>, part of the kernel's stable interface).
struct TCPInformation {
    let isEstablished: Bool
    /// Since the last bytes came.
    let silence: Duration
    let acknowledgedBytes: Int
    let receivedBytes: Int

    private enum Offset {
        static let state = 0, lastDataReceived = 52, bytesAcknowledged = 120, bytesReceived = 128, end = 136
    }

    /// Nil where the descriptor is no TCP socket.
    init?(_ descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: Offset.end)
        var length = socklen_t(bytes.count)
        guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &bytes, &length) == 0, length >= Offset.end else { return nil }
        isEstablished = bytes[Offset.state] == 1
        (silence, acknowledgedBytes, receivedBytes) = bytes.withUnsafeBytes { raw in
            (
                .milliseconds(Int(raw.load(fromByteOffset: Offset.lastDataReceived, as: UInt32.self))),
                Int(truncatingIfNeeded: raw.load(fromByteOffset: Offset.bytesAcknowledged, as: UInt64.self)),
                Int(truncatingIfNeeded: raw.load(fromByteOffset: Offset.bytesReceived, as: UInt64.self))
            )
        }
    }
}
