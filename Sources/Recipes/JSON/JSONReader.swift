import Diagnostics

/// Reads JSON (RFC 8259) strictly. Foundation's reader neither says reliably where a fault is nor notices a key that stands
/// twice; people write recipes by hand, so both matter here.
struct JSONReader {
    private let file: String
    private let text: [Unicode.Scalar]
    private var position = 0
    private static let deepest = 64

    /// - Throws: a `Problem` with file, line and column of the first fault.
    static func read(_ bytes: some Sequence<UInt8>, file: String) throws(Problem) -> JSONNode {
        guard let string = String(validating: Array(bytes), as: UTF8.self) else {
            throw Problem("the file is not UTF-8 text", at: file)
        }
        var scalars = Array(string.unicodeScalars)
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        var reader = JSONReader(file: file, text: scalars)
        let node = try reader.readValue(depth: 0)
        reader.skipSpace()
        if reader.next != nil { throw reader.fault("unexpected \(reader.found) after the end of the value") }
        return node
    }

    private init(file: String, text: [Unicode.Scalar]) {
        self.file = file
        self.text = text
    }

    private var next: Unicode.Scalar? { position < text.count ? text[position] : nil }
    private var found: String { next.map { $0.value < 0x20 ? "control character \($0.value)" : "\"\($0)\"" } ?? "end of file" }

    private func place(_ offset: Int) -> JSONPlace {
        var line = 1
        var lineStart = 0
        for index in 0..<min(offset, text.count) where text[index] == "\n" {
            line += 1
            lineStart = index + 1
        }
        return JSONPlace(line: line, column: offset - lineStart + 1)
    }

    private func fault(_ what: String, at offset: Int? = nil, remedy: String? = nil) -> Problem {
        Problem(what, at: place(offset ?? position).text(file), remedy: remedy)
    }

    private mutating func skipSpace() {
        while let next, next == " " || next == "\n" || next == "\r" || next == "\t" { position += 1 }
    }

    private mutating func readValue(depth: Int) throws(Problem) -> JSONNode {
        skipSpace()
        guard depth <= Self.deepest else { throw fault("more than \(Self.deepest) levels of nesting") }
        let start = place(position)
        func node(_ content: JSONNode.Content) -> JSONNode { JSONNode(content: content, place: start) }
        switch next {
        case "{": return node(.object(try readMembers(depth: depth)))
        case "[": return node(.array(try readElements(depth: depth)))
        case "\"": return node(.string(try readString()))
        case "-", .some("0"..."9"): return node(.number(try readNumber()))
        case .some("a"..."z"), .some("A"..."Z"): return node(try readWord())
        default: throw fault("expected a value, found \(found)")
        }
    }

    private mutating func readMembers(depth: Int) throws(Problem) -> [(key: String, place: JSONPlace, node: JSONNode)] {
        var members: [(key: String, place: JSONPlace, node: JSONNode)] = []
        position += 1
        skipSpace()
        if take("}") { return [] }
        while true {
            skipSpace()
            let start = position
            guard next == "\"" else {
                let remedy = next == "}" ? "remove the comma before it" : nil
                throw fault("expected a field name in double quotes, found \(found)", remedy: remedy)
            }
            let key = try readString()
            if let first = members.first(where: { $0.key == key }) {
                throw fault("field \"\(key)\" stands twice", at: start, remedy: "it stands first in line \(first.place.line)")
            }
            skipSpace()
            guard take(":") else { throw fault("expected \":\" after the field name \"\(key)\", found \(found)") }
            members.append((key, place(start), try readValue(depth: depth + 1)))
            skipSpace()
            if take("}") { return members }
            guard take(",") else { throw fault("expected \",\" or \"}\", found \(found)") }
        }
    }

    private mutating func readElements(depth: Int) throws(Problem) -> [JSONNode] {
        var elements: [JSONNode] = []
        position += 1
        skipSpace()
        if take("]") { return [] }
        while true {
            elements.append(try readValue(depth: depth + 1))
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw fault("expected \",\" or \"]\", found \(found)") }
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func readWord() throws(Problem) -> JSONNode.Content {
        let start = position
        while let next, next.properties.isAlphabetic { position += 1 }
        switch String(String.UnicodeScalarView(text[start..<position])) {
        case "true": return .truth(true)
        case "false": return .truth(false)
        case "null": return .null
        case let word: throw fault("expected a value, found \(word)", at: start, remedy: "text stands in double quotes")
        }
    }

    private mutating func readNumber() throws(Problem) -> String {
        let start = position
        _ = take("-")
        if !take("0") { try readDigits(start) } else if let next, ("0"..."9").contains(next) {
            throw fault("a number starts with 0", at: start, remedy: "remove the leading zero")
        }
        if take(".") { try readDigits(start) }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try readDigits(start)
        }
        return String(String.UnicodeScalarView(text[start..<position]))
    }

    private mutating func readDigits(_ start: Int) throws(Problem) {
        let first = position
        while let next, ("0"..."9").contains(next) { position += 1 }
        if position == first { throw fault("a number needs a digit here, found \(found)") }
    }

    private mutating func readString() throws(Problem) -> String {
        let start = position
        position += 1
        var string = String.UnicodeScalarView()
        while let scalar = next {
            position += 1
            switch scalar {
            case "\"": return String(string)
            case "\\": string.append(try readEscape())
            case _ where scalar.value < 0x20:
                position -= 1
                throw fault("text is not closed on its line", at: start, remedy: "write a line feed as \\n, and end text with a double quote")
            default: string.append(scalar)
            }
        }
        throw fault("text is not closed", at: start)
    }

    private mutating func readEscape() throws(Problem) -> Unicode.Scalar {
        let start = position - 1
        guard let scalar = next else { throw fault("text is not closed") }
        position += 1
        switch scalar {
        case "\"", "\\", "/": return scalar
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            let first = try readHexadecimal(start)
            if let scalar = Unicode.Scalar(first) { return scalar }
            // A character beyond 16 bits is written as a high and a low surrogate.
            guard (0xD800..<0xDC00).contains(first), take("\\"), take("u"), case let second = try readHexadecimal(start),
                (0xDC00..<0xE000).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            else { throw fault("half a surrogate pair", at: start) }
            return scalar
        default: throw fault("unknown escape \\\(scalar)", at: start, remedy: "write a backslash as \\\\")
        }
    }

    private mutating func readHexadecimal(_ start: Int) throws(Problem) -> UInt32 {
        let end = position + 4
        guard end <= text.count, let value = UInt32(String(String.UnicodeScalarView(text[position..<end])), radix: 16),
            text[position] != "+"
        else { throw fault("\\u needs four hexadecimal digits", at: start) }
        position = end
        return value
    }
}
