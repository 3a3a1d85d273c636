import Mechanism

/// Comma-separated values as RFC 4180 describes them, lines ended by a line feed: a field with a comma, a quote or a line
/// break stands in quotes, and a quote in it twice.
struct CSV {
    private(set) var text: String

    init(header: [String]) { text = Self.line(header) }

    mutating func append(_ fields: [String]) { text += Self.line(fields) }

    private static func line(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") + "\n" }

    private static func quoted(_ field: String) -> String {
        // Scalars, not characters: a carriage return and a line feed are one character in Swift.
        let special = field.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
        guard special else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    /// The shortest text that reads back as the same number; empty for an undefined one.
    static func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    static func number(_ value: SignalToNoise) -> String {
        switch value {
        case .ratio(let ratio): "\(ratio)"
        case .noNoise: "no noise"
        case .undefined: "undefined"
        }
    }
}
