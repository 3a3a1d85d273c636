import Diagnostics
import Foundation

/// An array of structures in a MATLAB file of version 5, as the development kit's meta.mat holds it: for each field, one
/// number or text per structure ("MAT-File Format", MathWorks, chapter 1). Only what meta.mat has is read: little-endian,
/// packed by zlib or not.
struct MATLABStructures {
    private var fields: [String: [Value]] = [:]

    private enum Value {
        case number(Double)
        case text(String)
        case other
    }

    /// Element types and array classes of the format.
    private enum Kind {
        static let matrix = 14
        static let compressed = 15
        static let structureClass = 2
        static let textClass = 4
    }

    /// - Throws: a `Problem` where the file is of another make or holds no such array.
    init(_ file: Data, name: String, location: String) throws(Problem) {
        let bytes = [UInt8](file)
        guard bytes.count > 128, bytes[126] == UInt8(ascii: "I"), bytes[127] == UInt8(ascii: "M") else {
            throw Problem("not a little-endian MATLAB file of version 5", at: location)
        }
        var place = 128
        while let element = MATElement(bytes[place...]) {
            place = element.end
            var matrix = element
            if element.type == Kind.compressed {
                guard let unpacked = try Self.unpack(element.body, location), let inner = MATElement(unpacked[...]) else { continue }
                matrix = inner
            }
            guard matrix.type == Kind.matrix, let structures = Self.structures(matrix.body, name: name) else { continue }
            fields = structures
            return
        }
        throw Problem("it holds no array of structures called \"\(name)\"", at: location, remedy: ArchiveStream.damagedRemedy)
    }

    func numbers(_ field: String) -> [Int] {
        (fields[field] ?? []).compactMap { if case .number(let value) = $0, abs(value) < 1e9 { Int(value) } else { nil } }
    }

    func texts(_ field: String) -> [String] {
        (fields[field] ?? []).compactMap { if case .text(let value) = $0 { value } else { nil } }
    }

    /// Flags, extents, name, length of a field's name, names of fields, and then one matrix per structure and field.
    private static func structures(_ body: ArraySlice<UInt8>, name: String) -> [String: [Value]]? {
        guard let flags = MATElement(body), flags.body.first.map(Int.init) == Kind.structureClass,
            let extents = MATElement(body[flags.end...]), let label = MATElement(body[extents.end...]),
            String(decoding: label.body, as: UTF8.self) == name, let lengthElement = MATElement(body[label.end...]),
            let length = lengthElement.integers.first, length > 0, let nameElement = MATElement(body[lengthElement.end...])
        else { return nil }
        let names = stride(from: nameElement.body.startIndex, to: nameElement.body.endIndex, by: length).map { start in
            String(decoding: nameElement.body[start..<min(start + length, nameElement.body.endIndex)].prefix { $0 != 0 }, as: UTF8.self)
        }
        var values: [String: [Value]] = [:]
        var rest = body[nameElement.end...]
        while let first = names.first, !rest.isEmpty {
            for name in names {
                guard let element = MATElement(rest) else { return values[first] == nil ? nil : values }
                values[name, default: []].append(value(element.body))
                rest = body[min(element.end, body.endIndex)...]
            }
        }
        return values
    }

    /// A matrix's first number, or its text.
    private static func value(_ body: ArraySlice<UInt8>) -> Value {
        guard let flags = MATElement(body), let extents = MATElement(body[flags.end...]), let label = MATElement(body[extents.end...]),
            let content = MATElement(body[label.end...])
        else { return .other }
        if flags.body.first.map(Int.init) == Kind.textClass { return .text(content.text) }
        return content.firstNumber.map(Value.number) ?? .other
    }

    /// A zlib stream is deflate between a header of 2 bytes and a checksum of 4; given gzip's header it is what libarchive reads.
    private static func unpack(_ body: ArraySlice<UInt8>, _ location: String) throws(Problem) -> [UInt8]? {
        guard body.count > 6 else { return nil }
        let gzip = Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]) + body.dropFirst(2).dropLast(4) + Data(repeating: 0, count: 8)
        return try inflate(gzip, limit: SampleEncoding.largestSample, location: location)
    }
}

/// One element of a MATLAB file: a type, a number of bytes, and these, padded to eight; short ones share eight bytes with
/// their tag.
private struct MATElement {
    let type: Int
    let body: ArraySlice<UInt8>
    /// Where the next element begins.
    let end: Int

    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= 8 else { return nil }
        func word(_ place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
        let start = bytes.startIndex
        let tag = word(start)
        if tag >> 16 != 0 {
            guard tag >> 16 <= 4 else { return nil }
            (type, body, end) = (tag & 0xFFFF, bytes[start + 4..<start + 4 + tag >> 16], start + 8)
            return
        }
        let count = word(start + 4)
        guard count <= bytes.count - 8 else { return nil }
        // A packed element is not padded.
        let padded = tag == 15 ? count : (count + 7) / 8 * 8
        (type, body, end) = (tag, bytes[start + 8..<start + 8 + count], min(start + 8 + padded, bytes.endIndex))
    }

    /// The body as 32-bit numbers.
    var integers: [Int] {
        stride(from: body.startIndex, to: body.endIndex - 3, by: 4).map { place in (0..<4).reduce(0) { $0 | Int(body[place + $1]) << (8 * $1) } }
    }

    /// Characters of one byte (types 1, 2 and UTF-8's 16) or two (types 4 and 17).
    var text: String {
        guard type == 4 || type == 17 else { return String(decoding: body, as: UTF8.self) }
        let units = stride(from: body.startIndex, to: body.endIndex - 1, by: 2).map { UInt16(body[$0]) | UInt16(body[$0 + 1]) << 8 }
        return String(decoding: units, as: UTF16.self)
    }

    /// The first number: MATLAB stores whole numbers in as few bytes as they take.
    var firstNumber: Double? {
        func unsigned(_ count: Int) -> UInt64? {
            body.count >= count ? (0..<count).reduce(0) { $0 | UInt64(body[body.startIndex + $1]) << UInt64(8 * $1) } : nil
        }
        switch type {
        case 1: return unsigned(1).map { Double(Int8(truncatingIfNeeded: $0)) }
        case 2: return unsigned(1).map(Double.init)
        case 3: return unsigned(2).map { Double(Int16(truncatingIfNeeded: $0)) }
        case 4: return unsigned(2).map(Double.init)
        case 5: return unsigned(4).map { Double(Int32(truncatingIfNeeded: $0)) }
        case 6: return unsigned(4).map(Double.init)
        case 9: return unsigned(8).map(Double.init(bitPattern:))
        default: return nil
        }
    }
}
