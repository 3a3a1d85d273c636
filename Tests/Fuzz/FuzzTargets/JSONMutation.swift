/// Changes of JSON that leave it JSON, mostly. Changes of single bytes hardly ever get past a parser; these reach what stands behind it.
struct JSONMutation {
    /// A run of bytes that is a value, or a name with the colon behind it.
    private struct Token {
        var range: Range<Int>
        /// Behind the token's last byte, and behind the whole value where it opens one.
        var end: Int
        var isName = false
        var isValue = false
    }

    private let bytes: [UInt8]
    private var tokens: [Token] = []
    private var random: SplitMix

    /// - Parameter bytes: text that begins somewhere before its first brace and ends at a byte 0xFF; what lies around it stays.
    init?(_ bytes: [UInt8], seed: UInt64) {
        self.bytes = bytes
        random = SplitMix(state: seed)
        guard let first = bytes.firstIndex(of: UInt8(ascii: "{")) else { return nil }
        scan(from: first, to: bytes[first...].firstIndex(of: 0xFF) ?? bytes.count)
        guard tokens.contains(where: \.isValue) else { return nil }
    }

    private static let plain: [String] = [
        "0", "-1", "1", "2", "-0", "0.5", "1e-9", "1e308", "1e400", "255", "65536", "2147483647", "4294967296", "9007199254740992",
        "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "null", "true",
        "false", "\"\"", "\"a\"", "\"NaN\"", "\"-Infinity\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"e\\u0301\"", "{}", "[]", "[0]", "{\"a\":0}",
    ]

    /// Another text, or the same where nothing could be done.
    mutating func changed(words: [String]) -> [UInt8] {
        let values = tokens.filter(\.isValue)
        let names = tokens.filter(\.isName)
        let value = random.pick(values)
        switch random.below(8) {
        case 0, 1: return replacing(value.range.lowerBound..<value.end, with: Array(random.pick(Self.plain).utf8))
        case 2:
            let other = random.pick(values)
            return replacing(value.range.lowerBound..<value.end, with: Array(bytes[other.range.lowerBound..<other.end]))
        case 3 where !names.isEmpty:
            let (name, other) = (random.pick(names), random.pick(names))
            return replacing(name.range, with: Array(bytes[other.range]))
        case 4: return replacing(without(value), with: [])
        case 5:
            // One more element behind, or one more member.
            let name = tokens.last { $0.isName && $0.range.upperBound <= value.range.lowerBound && $0.end == value.range.lowerBound }
            let member = Array(bytes[(name?.range.lowerBound ?? value.range.lowerBound)..<value.end])
            return replacing(value.end..<value.end, with: [UInt8(ascii: ",")] + member)
        case 6: return replacing(value.range.lowerBound..<value.end, with: number(near: value))
        default:
            guard !words.isEmpty else { return bytes }
            let word = Array(random.pick(words).utf8)
            let isMember = word.contains(UInt8(ascii: ":"))
            return isMember
                ? replacing(value.end..<value.end, with: [UInt8(ascii: ",")] + word)
                : replacing(value.range.lowerBound..<value.end, with: word)
        }
    }

    /// A value with its name and the comma before or behind it.
    private func without(_ value: Token) -> Range<Int> {
        var (start, end) = (value.range.lowerBound, value.end)
        if let name = tokens.last(where: { $0.isName && $0.end == start }) { start = name.range.lowerBound }
        if end < bytes.count, bytes[end] == UInt8(ascii: ",") {
            end += 1
        } else if start > 0, bytes[start - 1] == UInt8(ascii: ",") {
            start -= 1
        }
        return start..<end
    }

    private mutating func number(near value: Token) -> [UInt8] {
        let text = String(decoding: bytes[value.range], as: UTF8.self)
        guard let number = Int(text) else { return Array(random.pick(Self.plain).utf8) }
        let changes = [number &+ 1, number &- 1, number &* 2, number / 2, 0 &- number, number &+ 1 << 32]
        return Array(String(random.pick(changes)).utf8)
    }

    private func replacing(_ range: Range<Int>, with part: [UInt8]) -> [UInt8] {
        var result = bytes
        result.replaceSubrange(range, with: part)
        return result
    }

    private mutating func scan(from first: Int, to limit: Int) {
        var open: [Int] = []
        var place = first
        while place < limit {
            let start = place
            switch bytes[place] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open.append(tokens.count)
                place += 1
                tokens.append(Token(range: start..<place, end: limit, isValue: true))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                place += 1
                if let opened = open.popLast() { tokens[opened].end = place }
            case UInt8(ascii: "\""):
                place += 1
                while place < limit, bytes[place] != UInt8(ascii: "\"") { place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1 }
                place = min(place + 1, limit)
                append(start..<place, limit)
            case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: " "), UInt8(ascii: "\n"): place += 1
            default:
                while place < limit, !Self.marks.contains(bytes[place]) { place += 1 }
                if place == start { place += 1 }
                append(start..<place, limit)
            }
        }
    }

    private static let marks = Set(",:{}[]\" \n".utf8)

    private mutating func append(_ range: Range<Int>, _ limit: Int) {
        var next = range.upperBound
        while next < limit, bytes[next] == UInt8(ascii: " ") || bytes[next] == UInt8(ascii: "\n") { next += 1 }
        guard next < limit, bytes[next] == UInt8(ascii: ":") else {
            tokens.append(Token(range: range, end: range.upperBound, isValue: true))
            return
        }
        next += 1
        while next < limit, bytes[next] == UInt8(ascii: " ") || bytes[next] == UInt8(ascii: "\n") { next += 1 }
        tokens.append(Token(range: range, end: next, isName: true))
    }
}

/// Steele, Lea and Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
