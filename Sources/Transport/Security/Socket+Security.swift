import CZeroMQ
import Diagnostics

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
