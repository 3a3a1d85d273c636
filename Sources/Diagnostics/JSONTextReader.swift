/// Reads the JSON that log records travel and are stored in. Whatever is out of the ordinary (a field that it does not know, a `\u`
/// escape, a number that is none) it does not read, and returns nil: `JSONDecoder` may, and says what is wrong if it cannot.
public struct JSONTextReader: Sendable {
    private let bytes: [UInt8]
    private var place = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var isAtEnd: Bool { place == bytes.count }

    /// Takes this character, after blanks, if it comes next.
    public mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    /// Takes exactly these characters, after blanks, if they come next.
    public mutating func take(word: String) -> Bool {
        skipBlanks()
        guard bytes[place...].starts(with: word.utf8) else { return false }
        place += word.utf8.count
        return true
    }

    public mutating func string() -> String? {
        guard take("\"") else { return nil }
        let start = place
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                defer { place += 1 }
                return String(decoding: bytes[start..<place], as: UTF8.self)
            case UInt8(ascii: "\\"): return escapedString(from: start)
            case 0..<0x20: return nil
            default: place += 1
            }
        }
        return nil
    }

    private mutating func escapedString(from start: Int) -> String? {
        var text = Array(bytes[start..<place])
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                if byte < 0x20 { return nil }
                text.append(byte)
                continue
            }
            guard place < bytes.count else { return nil }
            switch bytes[place] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(bytes[place])
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "r"): text.append(0x0D)
            default: return nil
            }
            place += 1
        }
        return nil
    }

    private mutating func digits() -> String? {
        skipBlanks()
        let start = place
        while place < bytes.count, bytes[place] >= UInt8(ascii: "+"), bytes[place] <= UInt8(ascii: "e"),
            bytes[place] <= UInt8(ascii: "9") || bytes[place] == UInt8(ascii: "e") || bytes[place] == UInt8(ascii: "E"),
            bytes[place] != UInt8(ascii: ","), bytes[place] != UInt8(ascii: "/")
        { place += 1 }
        // JSON's numbers begin and end with a digit, and with no idle zero.
        let first = bytes[start..<place].first == UInt8(ascii: "-") ? start + 1 : start
        guard first < place, Self.isDigit(bytes[first]), Self.isDigit(bytes[place - 1]),
            bytes[first] != UInt8(ascii: "0") || first + 1 == place || !Self.isDigit(bytes[first + 1])
        else { return nil }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// A finite number.
    public mutating func number() -> Double? { digits().flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil } }
    public mutating func integer() -> Int? { digits().flatMap { Int($0) } }
    public mutating func unsigned() -> UInt64? { digits().flatMap { UInt64($0) } }

    /// An object of strings, each name once.
    public mutating func strings() -> [String: String]? {
        guard take("{") else { return nil }
        var fields: [String: String] = [:]
        if take("}") { return fields }
        repeat {
            guard let key = string(), take(":"), let value = string(), fields.updateValue(value, forKey: key) == nil else { return nil }
        } while take(",")
        return take("}") ? fields : nil
    }

    /// A record as it travels.
    public mutating func record() -> LogRecord? {
        guard take("{") else { return nil }
        var (fields, message, source): ([String: String]?, String?, String?)
        var level: LogLevel?
        var (time, written): (Double?, Double?)
        var unit: UInt64?
        repeat {
            guard let key = string(), take(":") else { return nil }
            switch key {
            case "fields" where fields == nil: fields = strings()
            case "level" where level == nil: level = integer().flatMap(LogLevel.init(rawValue:))
            case "message" where message == nil: message = string()
            case "source" where source == nil: source = string()
            case "time" where time == nil: time = number()
            case "unit" where unit == nil: unit = unsigned()
            case "writtenTime" where written == nil: written = number()
            default: return nil
            }
        } while take(",")
        guard take("}"), let fields, let message, let source, let level, let time else { return nil }
        return LogRecord(time: time, level: level, source: source, unit: unit, message: message, fields: fields, writtenTime: written)
    }

    private mutating func skipBlanks() {
        while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x0A || bytes[place] == 0x0D || bytes[place] == 0x09 { place += 1 }
    }
}
