import CZeroMQ
import Diagnostics
import Glibc

extension Socket {
    /// ZMQ_ZAP_ENFORCE_DOMAIN, which zmq.h of 4.3.4 shows to drafts only, and the library has. With it a socket whose domain no
    /// handler looks after refuses everybody; without it, CURVE admits every key where no handler runs.
    private static let enforceDomain: Int32 = 93

    /// Admits nobody but whom the handler of this context lets in.
    func secure(_ keys: ServerKeys) throws(Problem) {
        try set(ZMQ_CURVE_SERVER, 1)
        try set(ZMQ_CURVE_SECRETKEY, text: keys.pair.secretKey.text)
        try set(ZMQ_ZAP_DOMAIN, text: Authenticator.domain)
        try set(Self.enforceDomain, 1)
    }

    /// Shows a key to a router that it knows by its own.
    func secure(_ keys: ClientKeys) throws(Problem) {
        try set(ZMQ_CURVE_SERVERKEY, text: keys.server.text)
        try set(ZMQ_CURVE_PUBLICKEY, text: keys.pair.publicKey.text)
        try set(ZMQ_CURVE_SECRETKEY, text: keys.pair.secretKey.text)
    }

    /// Its value is not named in what is thrown, for it may be a secret.
    private func set(_ option: Int32, text: String) throws(Problem) {
        guard zmq_setsockopt(pointer, option, text, text.utf8.count) == 0 else {
            throw Problem("libzmq refuses option \(option): \(zeroMQMessage(zmq_errno()))", remedy: "install a libzmq with CURVE (Debian's libzmq5)")
        }
    }
}

/// What libzmq knows of the connection that a message came over.
struct MessageOrigin {
    /// The user that the ZAP handler named: a public key.
    var key: String?
    /// The connection's file descriptor as it was when the message arrived, and the address at its other end.
    var descriptor: Int32 = -1
    var address: String?

    /// Of a payload frame: libzmq 4.3.4 may lose what it knows of the frame before, the routing id.
    static func of(_ message: UnsafeMutablePointer<zmq_msg_t>) -> MessageOrigin {
        MessageOrigin(
            key: text(message, "User-Id"), descriptor: zmq_msg_get(message, ZMQ_SRCFD), address: text(message, "Peer-Address"))
    }

    private static func text(_ message: UnsafeMutablePointer<zmq_msg_t>, _ property: String) -> String? {
        zmq_msg_gets(message, property).map { String(cString: $0) }
    }

    /// Ends the connection, which libzmq offers no call for: the other side sees it closed, and so does libzmq's own thread.
    /// Numbers of descriptors are used again, so one that is no connection to that address any more is left alone. What that
    /// does not tell is a newer connection from the same machine; it would be cut, and come back.
    func cut() {
        guard descriptor >= 0, let address else { return }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isConnected = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) == 0 }
        }
        guard isConnected else { return }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let isNamed = withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getnameinfo($0, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            }
        }
        let other = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard isNamed, other == address else { return }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
