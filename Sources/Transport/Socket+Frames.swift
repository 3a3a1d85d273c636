import CZeroMQ
import Foundation
import Glibc
import Messages

extension Socket {
    enum SendResult { case sent, wouldBlock, unreachable, lost }

    /// Hands a whole message to libzmq or none of it. `route` is the routing id that a router's message begins with.
    ///
    /// libzmq decides at the first frame: EAGAIN there means a full or missing connection, EHOSTUNREACH (router) an unknown
    /// one. A failure further on means that a dealer's connection broke in between; libzmq took back the frames before, and
    /// swallows those after, which must be handed over all the same.
    func send(_ frames: [Data], route: [UInt8]?) -> SendResult {
        if let route {
            let sent = route.withUnsafeBytes { bytes in
                retrying { zmq_send(pointer, bytes.baseAddress, bytes.count, ZMQ_DONTWAIT | ZMQ_SNDMORE) }
            }
            guard sent >= 0 else { return zmq_errno() == EAGAIN ? .wouldBlock : .unreachable }
        }
        var lost = false
        for (index, frame) in frames.enumerated() {
            let more = index + 1 < frames.count ? ZMQ_SNDMORE : 0
            if send(frame, flags: ZMQ_DONTWAIT | more) { continue }
            if index == 0, route == nil { return zmq_errno() == EAGAIN ? .wouldBlock : .lost }
            lost = true
        }
        return lost ? .lost : .sent
    }

    /// Frames from this size on are handed over where they lie; smaller ones are copied, which costs less.
    private static let copiedBelow = 16 << 10

    private func send(_ frame: Data, flags: Int32) -> Bool {
        guard frame.count < Self.copiedBelow else { return sendInPlace(frame, flags: flags) }
        let sent = frame.withUnsafeBytes { bytes in
            retrying { zmq_send(pointer, bytes.baseAddress, bytes.count, flags) }
        }
        return sent >= 0
    }

    /// Keeps the frame until libzmq has no use for it any more, which it says on a thread of its own.
    private func sendInPlace(_ frame: Data, flags: Int32) -> Bool {
        let held = Unmanaged.passRetained(HeldFrame(frame))
        var message = zmq_msg_t()
        let isMade = frame.withUnsafeBytes { bytes in
            zmq_msg_init_data(
                &message, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count,
                { _, hint in if let hint { Unmanaged<HeldFrame>.fromOpaque(hint).release() } }, held.toOpaque()) == 0
        }
        guard isMade else {
            held.release()
            return false
        }
        if retrying({ zmq_msg_send(&message, pointer, flags) }) >= 0 { return true }
        let code = errno
        zmq_msg_close(&message)
        errno = code
        return false
    }

    /// A large frame's bytes lie on the heap and nobody writes them while a reference is held.
    private final class HeldFrame: Sendable {
        let frame: Data
        init(_ frame: Data) { self.frame = frame }
    }

    enum ReceiveResult {
        case message(route: PeerID?, frames: [Data], Origin)
        case tooLarge(route: PeerID?, ProtocolError, Origin)
        case nothing
    }

    /// The connection that a message came from, by libzmq's descriptor (-1 where it does not tell), and what it took there.
    struct Origin {
        var descriptor: Int32 = -1
        var bytes = 0
        /// The user that the ZAP handler named: a public key. Nil on a socket without keys.
        var key: String?
        /// Whether frames come in CURVE's messages.
        let isKeyed: Bool

        init(isKeyed: Bool) { self.isKeyed = isKeyed }

        /// Name, nonce, authentication and flags around each frame (RFC 26).
        private static let curveBytes = 8 + 8 + 16 + 1

        /// ZMTP 3.x puts a flag and the length, in one byte or eight, before each frame.
        mutating func add(frame bytes: Int) {
            let bytes = bytes + (isKeyed ? Self.curveBytes : 0)
            self.bytes += bytes + (bytes > 255 ? 9 : 2)
        }

        mutating func read(_ message: UnsafeMutablePointer<zmq_msg_t>) {
            descriptor = zmq_msg_get(message, ZMQ_SRCFD)
            if isKeyed { key = zmq_msg_gets(message, "User-Id").map { String(cString: $0) } }
        }
    }

    /// The next whole message, if one is there. libzmq delivers a message only when all its frames are in, so none is
    /// waited for. Frames beyond the limits are dropped as they come.
    /// - Parameter isKeyed: whether connections are encrypted, and a router's peers have keys.
    func receive(routed: Bool, limits: Limits, isKeyed: Bool = false) -> ReceiveResult {
        var origin = Origin(isKeyed: isKeyed)
        guard var (frame, more) = receiveFrame(&origin) else { return .nothing }
        var route: PeerID?
        if routed {
            let id = frame
            route = PeerID(id)
            guard more, let next = receiveFrame(&origin) else { return .message(route: route, frames: [], origin) }
            (frame, more) = next
        }
        origin.add(frame: frame.count)
        var frames = [frame]
        var count = 1
        var bytes = frame.count
        while more, let next = receiveFrame(&origin) {
            (frame, more) = next
            origin.add(frame: frame.count)
            count += 1
            bytes += frame.count
            if count <= limits.frames, bytes <= limits.messageBytes { frames.append(frame) } else { frames = [] }
        }
        if isKeyed, let id = route { route = PeerID(id.bytes, key: origin.key) }
        if count > limits.frames { return .tooLarge(route: route, .tooManyFrames(count: count, limit: limits.frames), origin) }
        if bytes > limits.messageBytes {
            return .tooLarge(route: route, .messageTooLarge(bytes: bytes, limit: limits.messageBytes), origin)
        }
        return .message(route: route, frames: frames, origin)
    }

    private func receiveFrame(_ origin: inout Origin) -> (Data, more: Bool)? {
        var storage = zmq_msg_t()
        // One address throughout: a short message lies inside the struct itself.
        return withUnsafeMutablePointer(to: &storage) { message in
            zmq_msg_init(message)
            defer { zmq_msg_close(message) }
            guard retrying({ zmq_msg_recv(message, pointer, ZMQ_DONTWAIT) }) >= 0 else { return nil }
            let size = zmq_msg_size(message)
            let more = zmq_msg_more(message) != 0
            // Of the last frame: the first, a router's own, may lack what libzmq knows of the connection (mended in 4.3.5).
            if !more { origin.read(message) }
            if size >= Self.copiedBelow { return (Self.inPlace(message, size), more) }
            let data = zmq_msg_data(message).map { Data(bytes: $0, count: size) } ?? Data()
            return (data, more)
        }
    }

    /// The frame where libzmq has put it, which stays until the data goes.
    private static func inPlace(_ message: UnsafeMutablePointer<zmq_msg_t>, _ size: Int) -> Data {
        let kept = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
        zmq_msg_init(kept)
        zmq_msg_move(kept, message)
        let release = ReceivedFrame(message: kept)
        guard let bytes = zmq_msg_data(kept) else { return Data() }
        return Data(bytesNoCopy: bytes, count: size, deallocator: .custom { _, _ in withExtendedLifetime(release) {} })
    }

    private final class ReceivedFrame: @unchecked Sendable {
        let message: UnsafeMutablePointer<zmq_msg_t>

        init(message: UnsafeMutablePointer<zmq_msg_t>) { self.message = message }

        deinit {
            zmq_msg_close(message)
            message.deallocate()
        }
    }

    /// Again after a signal.
    private func retrying(_ call: () -> Int32) -> Int32 {
        while true {
            let result = call()
            if result >= 0 || zmq_errno() != EINTR { return result }
        }
    }
}
