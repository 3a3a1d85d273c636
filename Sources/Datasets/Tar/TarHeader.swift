/// One 512-byte header of a tar. Offsets and types are POSIX's ("ustar interchange format") and GNU tar's.
struct TarHeader {
    static let byteCount = 512
    private let bytes: UnsafeRawBufferPointer

    /// - Precondition: 512 bytes that outlive the value.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Whether all bytes are zero: the mark that ends an archive.
    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

    /// Whether the checksum is right: the sum of all bytes, those of the checksum itself taken as spaces.
    var isWhole: Bool {
        guard let stored = number(148..<156) else { return false }
        var sum = 8 * 32
        for place in 0..<Self.byteCount where !(148..<156).contains(place) { sum += Int(bytes[place]) }
        return sum == stored
    }

    /// The number of bytes that follow; nil where the field is no number.
    var byteCount: Int? { number(124..<136) }

    var type: UInt8 { bytes[156] }

    /// A regular file: "0", the zero byte of old tars, or "7", which POSIX lets a reader take for "0".
    var isFile: Bool { type == UInt8(ascii: "0") || type == 0 && !path.hasSlashAtEnd || type == UInt8(ascii: "7") }

    /// A header about the next header.
    var isExtension: Bool { [UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "x"), UInt8(ascii: "g")].contains(type) }

    /// The path in the header's own two fields.
    var path: [UInt8] {
        let name = text(0..<100)
        // GNU's magic is "ustar" and two spaces, and has other things in place of the prefix.
        guard bytes[257..<263].elementsEqual([0x75, 0x73, 0x74, 0x61, 0x72, 0]) else { return name }
        let prefix = text(345..<500)
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    private func text(_ range: Range<Int>) -> [UInt8] { [UInt8](bytes[range].prefix { $0 != 0 }) }

    /// Octal digits among spaces and zero bytes, or GNU's big-endian binary where the first bit is set.
    private func number(_ range: Range<Int>) -> Int? {
        if bytes[range.lowerBound] & 0x80 != 0 {
            var value = Int(bytes[range.lowerBound] & 0x3F)
            for byte in bytes[range.dropFirst()] {
                guard value < 1 << 52 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        var value = 0
        var ended = false
        for byte in bytes[range] {
            switch byte {
            case UInt8(ascii: " "), 0: ended = ended || value > 0
            case UInt8(ascii: "0")...UInt8(ascii: "7") where !ended: value = value << 3 | Int(byte & 7)
            default: return nil
            }
        }
        return value
    }
}

extension [UInt8] {
    fileprivate var hasSlashAtEnd: Bool { last == UInt8(ascii: "/") }
}
