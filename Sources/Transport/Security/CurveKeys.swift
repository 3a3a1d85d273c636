import CZeroMQ
import Diagnostics

/// The public half of a CURVE key pair, in Z85 (ZeroMQ's RFC 32): 40 characters for 32 bytes.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// Nil where the text is no key.
    public init?(_ text: some StringProtocol) {
        guard isZ85Key(text) else { return nil }
        self.text = String(text)
    }

    /// From the 32 bytes that a handshake brings; nil for any other number.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var text = [CChar](repeating: 0, count: curveTextLength + 1)
        guard zmq_z85_encode(&text, Array(bytes), 32) != nil else { return nil }
        self.text = String(decoding: text.prefix(curveTextLength).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    public var description: String { text }
}

/// The secret half. Its text goes to libzmq and to the key file, and nowhere else; what prints it by mistake prints no key.
public struct SecretKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package let text: String

    init?(_ text: some StringProtocol) {
        guard isZ85Key(text) else { return nil }
        self.text = String(text)
    }

    public var description: String { "(secret)" }
    public var debugDescription: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

public struct KeyPair: Sendable {
    public let publicKey: PublicKey
    public let secretKey: SecretKey

    init(publicKey: PublicKey, secretKey: SecretKey) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// A new pair, from the system's random numbers.
    public static func random() throws(Problem) -> KeyPair {
        var open = [CChar](repeating: 0, count: curveTextLength + 1)
        var secret = open
        guard zmq_curve_keypair(&open, &secret) == 0,
            let publicKey = PublicKey(text(open)), let secretKey = SecretKey(text(secret))
        else {
            throw Problem("cannot make a key pair: \(zeroMQMessage(zmq_errno()))", remedy: "install a libzmq with CURVE (Debian's libzmq5)")
        }
        return KeyPair(publicKey: publicKey, secretKey: secretKey)
    }

    /// The public half that belongs to a secret one.
    static func publicKey(of secret: SecretKey) -> PublicKey? {
        var open = [CChar](repeating: 0, count: curveTextLength + 1)
        guard zmq_curve_public(&open, secret.text) == 0 else { return nil }
        return PublicKey(text(open))
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix(curveTextLength).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

private let curveTextLength = 40

private func isZ85Key(_ text: some StringProtocol) -> Bool {
    guard text.utf8.count == curveTextLength, !text.utf8.contains(0) else { return false }
    var bytes = [UInt8](repeating: 0, count: 32)
    return zmq_z85_decode(&bytes, String(text)) != nil
}
