import Foundation
import Tensors

extension Split {
    /// Facts by which two copies of a split are told apart without reading all of it: the number of samples, their encoding, and
    /// SHA-256 digests of their labels, of their files' names and of their sizes, in the samples' order. Where samples lie in
    /// memory without names, bytes of some of them are taken in as well. Folders above the files do not count: a tar and what
    /// was unpacked from it are the same.
    public var facts: [String: String] {
        var facts = [
            "samples": String(count),
            "encoding": "\(encoding.format.rawValue) \(encoding.height)x\(encoding.width)x\(encoding.channels)",
        ]
        facts["labels"] = Self.digest(labels.map { UInt32(bitPattern: $0) })
        facts["sizes"] = Self.digest((0..<count).map { UInt32(truncatingIfNeeded: byteCount(of: $0)) })
        facts["names"] = namesDigest
        facts["bytes"] = bytesDigest
        return facts
    }

    private static func digest(_ numbers: [UInt32]) -> String {
        var bytes = Data(capacity: 4 * numbers.count)
        for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
        return Digest.sha256(of: bytes).hexadecimal
    }

    /// Bytes of samples in memory that are looked at.
    private static let spotBytes = 16 << 20

    private var bytesDigest: String? {
        guard window(0..<0) != nil, count > 0 else { return nil }
        let seen = max(1, min(count, Self.spotBytes / max(1, byteCount(of: 0))))
        var stream = DigestStream()
        for place in 0..<seen {
            let index = place * count / seen
            guard let bytes = window(index..<index + 1) else { return nil }
            bytes.withUnsafeBytes { stream.update($0) }
        }
        return stream.finish().hexadecimal
    }

    private var namesDigest: String? {
        var names = Data()
        for index in 0..<count {
            guard let name = fileName(of: index) else { return nil }
            names.append(contentsOf: name)
            names.append(0)
        }
        return Digest.sha256(of: names).hexadecimal
    }
}
