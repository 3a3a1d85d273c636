/// Who sent a message, as the socket knows it: opaque bytes, unique among the connections of one endpoint. A peer that
/// reconnects under a new socket has a new one.
public struct PeerID: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]
    /// The public key, in Z85, whose secret half the connection proved to hold; nil on a socket without keys. It is the same
    /// for as long as the connection lasts.
    public let key: String?

    public init(_ bytes: some Sequence<UInt8>, key: String? = nil) {
        self.bytes = Array(bytes)
        self.key = key
    }

    /// Hexadecimal digits, for logs.
    public var description: String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
