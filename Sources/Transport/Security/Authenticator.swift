import CZeroMQ
import Foundation
import Diagnostics
import Messages

/// The ZAP handler (ZeroMQ's RFC 27): libzmq asks it about every connection whose handshake proved a key. It runs before the
/// router is bound and for as long as that is open; where it is missing or fails, the socket's enforced domain refuses everybody.
///
/// It has a thread of its own, so that a coordinator at work admits and refuses as fast as an idle one.
package final class Authenticator: Sendable {
    /// Names our sockets to the handler; a socket with a domain and no handler admits nobody.
    static let domain = "filterscope"
    private static let address = "inproc://zeromq.zap.01"
    /// Between two looks at the allow list, and between two reports of refusals.
    private static let pulse = Duration.milliseconds(200)

    private let wake: WakeSignal
    private let thread: SocketThread

    /// - Parameter deliver: called on the handler's thread.
    init(
        _ access: AccessControl, context: Context, deliver: @escaping @Sendable (TransportEvent) -> Void
    ) throws(Problem) {
        let wake = try WakeSignal()
        self.wake = wake
        let socket = try context.socket(ZMQ_REP)
        do throws(Problem) {
            try socket.set(ZMQ_LINGER, 0)
            guard zmq_bind(socket.pointer, Self.address) == 0 else {
                throw Problem("cannot guard the address: \(zeroMQMessage(zmq_errno()))")
            }
        } catch {
            socket.close()
            throw error
        }
        thread = SocketThread(name: "keys") {
            Self.run(socket, access, wake, deliver)
            socket.close()
            withExtendedLifetime(context) {}
        }
    }

    /// After the router is closed: until then it is needed.
    func close() {
        wake.raise()
        thread.join()
    }

    private static func run(
        _ socket: Socket, _ access: AccessControl, _ wake: WakeSignal, _ deliver: (TransportEvent) -> Void
    ) {
        var refused = (count: 0, address: "", key: "")
        var nextPulse = ContinuousClock.now + pulse
        while true {
            var items = [
                zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0),
                zmq_pollitem_t(socket: nil, fd: wake.descriptor, events: Int16(ZMQ_POLLIN), revents: 0),
            ]
            let ready = zmq_poll(&items, 2, Int(pulse.milliseconds))
            if ready < 0, zmq_errno() != EINTR { return }
            if items[1].revents != 0 { return }
            if items[0].revents != 0, case .message(_, let frames, _) = socket.receive(routed: false, limits: Limits()) {
                let (answer, stranger) = answer(frames, access)
                // Non-blocking: whoever asked may be gone.
                _ = socket.send(answer, route: nil)
                if let stranger { refused = (refused.count + 1, stranger.address, stranger.key) }
            }
            guard ContinuousClock.now >= nextPulse else { continue }
            nextPulse = .now + pulse
            switch access.refresh() {
            case .changed(let table): deliver(.access(.changed(table)))
            case .damaged(let problem): deliver(.access(.damaged(problem)))
            case nil: break
            }
            if refused.count > 0 {
                deliver(.access(.refused(count: refused.count, address: refused.address, key: refused.key)))
                refused.count = 0
            }
        }
    }

    /// The request is: version, request id, domain, address, routing id, mechanism, credentials. The reply repeats the first
    /// two; then come a code (200, 400 refused, 500 fault), a text, the user and metadata. Nothing in it says why.
    package static func answer(_ frames: [Data], _ access: AccessControl) -> (reply: [Data], stranger: (address: String, key: String)?) {
        func reply(_ code: String, user: String = "") -> [Data] {
            let id = frames.count > 1 ? frames[1] : Data()
            return [Data("1.0".utf8), id, Data(code.utf8), Data(), Data(user.utf8), Data()]
        }
        guard frames.count >= 6, frames[0] == Data("1.0".utf8) else { return (reply("500"), nil) }
        let address = String(decoding: frames[3].prefix(64), as: UTF8.self)
        guard frames[2] == Data(domain.utf8), frames[5] == Data("CURVE".utf8), frames.count == 7,
            let key = PublicKey(bytes: frames[6])
        else { return (reply("400"), (address, "")) }
        guard access.member(key.text) != nil else { return (reply("400"), (address, key.text)) }
        return (reply("200", user: key.text), nil)
    }
}
