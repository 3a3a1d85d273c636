/// Who sent a message, as the socket knows it: opaque bytes, unique among the connections of one endpoint. A peer that
/// reconnects under a new socket has a new one.
public struct PeerID: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// Hexadecimal digits, for logs.
    public var description: String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
