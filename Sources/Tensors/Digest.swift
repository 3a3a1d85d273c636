import CCrypto
import Diagnostics
import Foundation

/// A SHA-256 digest.
public struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Nil unless `hexadecimal` is 64 hexadecimal digits.
    public init?(hexadecimal: String) {
        let digits = hexadecimal.utf8.map { UInt8(ascii: "0") <= $0 && $0 <= UInt8(ascii: "9") ? $0 &- 48 : ($0 | 32) &- 87 }
        guard digits.count == 64, digits.allSatisfy({ $0 < 16 }) else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

    /// 64 lower-case digits, as `sha256sum` prints them.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    public var description: String { hexadecimal }

    public static func sha256(of bytes: UnsafeRawBufferPointer) -> Digest {
        var stream = DigestStream()
        stream.update(bytes)
        return stream.finish()
    }

    public static func sha256(of data: Data) -> Digest { data.withUnsafeBytes { sha256(of: $0) } }

    /// The digest of a file's bytes, read a megabyte at a time.
    public static func sha256(ofFile path: String) throws(Problem) -> Digest {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fileProblem(errno, "cannot be read", path: path) }
        defer { close(descriptor) }
        var stream = DigestStream()
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw fileProblem(errno, "cannot be read", path: path)
            }
            if count == 0 { return stream.finish() }
            chunk.withUnsafeBytes { stream.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let digest = Digest(hexadecimal: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 64 hexadecimal digits")
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hexadecimal)
    }
}

/// SHA-256 of bytes that come in pieces. By OpenSSL, which uses the instructions that processors have for it.
public struct DigestStream {
    private var state = SHA256_CTX()

    public init() { SHA256_Init(&state) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        SHA256_Update(&state, base, bytes.count)
    }

    /// The digest of what came so far; more may follow.
    public func finish() -> Digest {
        var state = state
        var bytes = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256_Final(&bytes, &state)
        return Digest(bytes: bytes)
    }
}
