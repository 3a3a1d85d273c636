import Foundation

/// Cuts an input into the parts that a target takes, so that a change of one part leaves the others in place. There is always
/// something to read: an input that ends early gives zeros and empty parts. Parts are copies, each in memory of its own size, so
/// that a reader that goes too far is seen.
struct InputReader {
    private var rest: Data

    init(_ input: Data) { rest = input }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// Everything up to a byte that stands in no UTF-8 text, which is dropped.
    mutating func text() -> Data {
        let part = rest.prefix { $0 != 0xFF }
        rest = rest.dropFirst(part.count + 1)
        return Data([UInt8](part))
    }

    /// A length in two bytes, the lower one first, and as many bytes, or as many as there are.
    mutating func block() -> Data {
        let count = Int(byte()) | Int(byte()) << 8
        defer { rest = rest.dropFirst(count) }
        return Data([UInt8](rest.prefix(count)))
    }

    mutating func remainder() -> Data {
        defer { rest = Data() }
        return Data([UInt8](rest))
    }
}

/// Writes what `InputReader` cuts.
struct InputWriter {
    private(set) var bytes = Data()

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func text(_ part: Data) {
        bytes.append(part)
        bytes.append(0xFF)
    }

    mutating func block(_ part: Data) {
        byte(UInt8(truncatingIfNeeded: part.count))
        byte(UInt8(truncatingIfNeeded: part.count >> 8))
        bytes.append(part)
    }

    mutating func remainder(_ part: Data) { bytes.append(part) }

    static func make(_ body: (inout InputWriter) throws -> Void) rethrows -> Data {
        var writer = InputWriter()
        try body(&writer)
        return writer.bytes
    }
}
