import CZeroMQ
import Foundation
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

    private func send(_ frame: Data, flags: Int32) -> Bool {
        let sent = frame.withUnsafeBytes { bytes in
            retrying { zmq_send(pointer, bytes.baseAddress, bytes.count, flags) }
        }
        return sent >= 0
    }

    enum ReceiveResult {
        case message(route: PeerID?, frames: [Data])
        case tooLarge(route: PeerID?, ProtocolError)
        case nothing
    }

    /// The next whole message, if one is there. libzmq delivers a message only when all its frames are in, so none is
    /// waited for. Frames beyond the limits are dropped as they come.
    func receive(routed: Bool, limits: Limits) -> ReceiveResult {
        guard var (frame, more) = receiveFrame() else { return .nothing }
        var route: PeerID?
        if routed {
            route = PeerID(frame)
            guard more else { return .message(route: route, frames: []) }
            guard let next = receiveFrame() else { return .message(route: route, frames: []) }
            (frame, more) = next
        }
        var frames = [frame]
        var count = 1
        var bytes = frame.count
        while more, let next = receiveFrame() {
            (frame, more) = next
            count += 1
            bytes += frame.count
            if count <= limits.frames, bytes <= limits.messageBytes { frames.append(frame) } else { frames = [] }
        }
        if count > limits.frames { return .tooLarge(route: route, .tooManyFrames(count: count, limit: limits.frames)) }
        if bytes > limits.messageBytes { return .tooLarge(route: route, .messageTooLarge(bytes: bytes, limit: limits.messageBytes)) }
        return .message(route: route, frames: frames)
    }

    private func receiveFrame() -> (Data, more: Bool)? {
        var storage = zmq_msg_t()
        // One address throughout: a short message lies inside the struct itself.
        return withUnsafeMutablePointer(to: &storage) { message in
            zmq_msg_init(message)
            defer { zmq_msg_close(message) }
            guard retrying({ zmq_msg_recv(message, pointer, ZMQ_DONTWAIT) }) >= 0 else { return nil }
            let size = zmq_msg_size(message)
            let data = zmq_msg_data(message).map { Data(bytes: $0, count: size) } ?? Data()
            return (data, zmq_msg_more(message) != 0)
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
