import Foundation

/// A JSON value whose objects keep the order of their keys, so that what we write is stable and reads well.
public indirect enum JSONValue: Hashable, Sendable {
    case null
    case truth(Bool)
    case integer(Int)
    /// Finite.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    public struct Member: Hashable, Sendable {
        public let key: String
        public let value: JSONValue

        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// On one line, without spaces.
    public var compactText: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// Indented by two spaces, with a line feed at the end.
    public var prettyText: String {
        var text = ""
        write(to: &text, indent: 0)
        return text + "\n"
    }

    /// The shortest text that reads back as the same number, without ".0" where it is whole.
    public static func shortest(_ number: Double) -> String {
        if let whole = Int(exactly: number), abs(whole) <= RecipeFieldType.largestInteger { return String(whole) }
        return number.description
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .truth(let truth): text += truth ? "true" : "false"
        case .integer(let integer): text += String(integer)
        case .number(let number): text += number.isFinite ? Self.shortest(number) : "null"
        case .string(let string): Self.write(string, to: &text)
        case .array(let values):
            // Arrays of plain values (labels, figures) stay on one line.
            let isFlat = values.allSatisfy(\.isScalar)
            Self.write(values, "[", "]", &text, isFlat ? nil : indent, spaced: isFlat && indent != nil) { value, text, inner in
                value.write(to: &text, indent: inner)
            }
        case .object(let members):
            Self.write(members, "{", "}", &text, indent, spaced: false) { member, text, inner in
                Self.write(member.key, to: &text)
                text += inner == nil ? ":" : ": "
                member.value.write(to: &text, indent: inner)
            }
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, _ text: inout String, _ indent: Int?, spaced: Bool,
        _ body: (Element, inout String, Int?) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + 2 }
        for (place, element) in elements.enumerated() {
            if place > 0 { text += spaced ? ", " : "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            body(element, &text, inner)
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
        text += close
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
