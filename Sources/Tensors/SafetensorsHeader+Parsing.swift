import Diagnostics

extension SafetensorsHeader {
    /// Reads the header's JSON. A reader of our own, because Foundation's takes the last of two equal keys in silence and
    /// gives no offsets.
    static func parse(_ bytes: [UInt8], path: String) throws(Problem) -> SafetensorsHeader {
        var scanner = SafetensorsHeaderScanner(bytes: bytes, path: path)
        var header = SafetensorsHeader()
        var names: Set<String> = []
        // The format allows blanks behind the header, not before it.
        guard bytes.first == UInt8(ascii: "{") else { throw scanner.problem("the header does not begin with \"{\"") }
        try scanner.object { scanner, name, position throws(Problem) in
            guard names.insert(name).inserted else { throw scanner.problem("\"\(name)\" stands twice", at: position) }
            if name == "__metadata__" {
                try scanner.object { scanner, key, position throws(Problem) in
                    guard header.metadata.updateValue(try scanner.string(), forKey: key) == nil else {
                        throw scanner.problem("metadata \"\(key)\" stands twice", at: position)
                    }
                }
            } else {
                header.entries.append(try scanner.entry(name, position))
            }
        }
        try scanner.end()
        return header
    }
}

extension SafetensorsHeaderScanner {
    fileprivate mutating func entry(_ name: String, _ position: Int) throws(Problem) -> SafetensorsHeader.RawEntry {
        var entry = SafetensorsHeader.RawEntry(name: name, position: position + 8)
        var fields: Set<String> = []
        try object { scanner, field, position throws(Problem) in
            guard fields.insert(field).inserted else {
                throw scanner.problem("\"\(field)\" stands twice in tensor \"\(name)\"", at: position)
            }
            switch field {
            case "dtype": entry.type = try scanner.string()
            case "shape": entry.shape = try scanner.integers()
            case "data_offsets":
                let offsets = try scanner.integers()
                guard offsets.count == 2 else {
                    throw scanner.problem("tensor \"\(name)\" has \(offsets.count) data_offsets, not 2", at: position)
                }
                (entry.begin, entry.end) = (offsets[0], offsets[1])
            default: throw scanner.problem("tensor \"\(name)\" has the unknown field \"\(field)\"", at: position)
            }
        }
        for field in ["dtype", "shape", "data_offsets"] where !fields.contains(field) {
            throw problem("tensor \"\(name)\" has no \"\(field)\"", at: position)
        }
        return entry
    }
}

/// Reads the few forms of JSON that a header is made of: objects, strings, lists of whole numbers.
struct SafetensorsHeaderScanner {
    private let bytes: [UInt8]
    private let path: String
    private var position = 0

    init(bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    /// - Parameter position: bytes from the header's start; the message counts from the file's start.
    func problem(_ what: String, at position: Int? = nil) -> Problem {
        Problem(what, at: "\(path), offset \((position ?? self.position) + 8)", remedy: damagedRemedy)
    }

    /// Calls `body` behind each key's colon, with the key and its position.
    mutating func object(
        _ body: (inout SafetensorsHeaderScanner, String, Int) throws(Problem) -> Void
    ) throws(Problem) {
        try expect("{")
        if take("}") { return }
        repeat {
            skipBlanks()
            let start = position
            let key = try string()
            try expect(":")
            try body(&self, key, start)
        } while take(",")
        try expect("}")
    }

    /// `[1, 2, 3]`: whole numbers from 0 up.
    mutating func integers() throws(Problem) -> [Int] {
        try expect("[")
        var values: [Int] = []
        if take("]") { return values }
        repeat { values.append(try integer()) } while take(",")
        try expect("]")
        return values
    }

    private mutating func integer() throws(Problem) -> Int {
        skipBlanks()
        let start = position
        var value = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit))
            guard !overflow, !carry else { throw problem("a number is too large", at: start) }
            value = sum
            position += 1
        }
        guard position > start else { throw problem("a whole number was expected") }
        guard position - start == 1 || bytes[start] != UInt8(ascii: "0") else { throw problem("a number begins with 0", at: start) }
        return value
    }

    mutating func string() throws(Problem) -> String {
        try expect("\"")
        let start = position
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw problem("a string is not UTF-8", at: start)
                }
                return string
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<0x20: throw problem("a string holds a control character", at: position - 1)
            default: text.append(byte)
            }
        }
        throw problem("a string does not end", at: start)
    }

    /// What follows a backslash, as UTF-8.
    private mutating func escape() throws(Problem) -> [UInt8] {
        guard position < bytes.count else { throw problem("a string does not end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var units = [try codeUnit()]
            if UTF16.isLeadSurrogate(units[0]), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                units.append(try codeUnit())
            }
            guard let text = String(validating: units, as: UTF16.self) else { throw problem("half a character in \\u") }
            return Array(text.utf8)
        default: throw problem("unknown escape in a string", at: position - 1)
        }
    }

    private mutating func codeUnit() throws(Problem) -> UInt16 {
        guard position + 4 <= bytes.count else { throw problem("a string does not end") }
        var value: UInt16 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw problem("\\u takes four hexadecimal digits") }
            value = value << 4 | UInt16(digit)
        }
        position += 4
        return value
    }

    /// Nothing but blanks may follow.
    mutating func end() throws(Problem) {
        skipBlanks()
        guard position == bytes.count else { throw problem("something follows the header's last brace") }
    }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Problem) {
        guard take(character) else { throw problem("the header has no \"\(character)\" where one belongs") }
    }
}
