import Foundation

/// The records of a pax extended header: "LENGTH KEY=VALUE\n", the length counting the whole record.
struct PaxRecords {
    private(set) var path: [UInt8]?
    private(set) var byteCount: Int?
    /// Whether GNU's records of a file with holes are among them.
    private(set) var isSparse = false
    /// False where the records do not fit together.
    private(set) var isWhole = true

    init(_ data: Data) {
        var rest = [UInt8](data)[...]
        while let first = rest.first, first != 0 {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")), let length = Self.number(rest[..<space]),
                length > space - rest.startIndex + 1, length <= rest.count, rest[rest.startIndex + length - 1] == UInt8(ascii: "\n"),
                let equals = rest[space...].firstIndex(of: UInt8(ascii: "=")), equals < rest.startIndex + length
            else {
                isWhole = false
                return
            }
            let end = rest.startIndex + length
            take(String(decoding: rest[space + 1..<equals], as: UTF8.self), rest[equals + 1..<end - 1])
            rest = rest[end...]
        }
    }

    private mutating func take(_ key: String, _ value: ArraySlice<UInt8>) {
        switch key {
        case "path": path = Array(value)
        case "size":
            byteCount = Self.number(value)
            if byteCount == nil { isWhole = false }
        default: if key.hasPrefix("GNU.sparse") { isSparse = true }
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? { Int(String(decoding: digits, as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil } }
}
