import Foundation

/// An option as usage and parsing see it, whatever its value's type.
protocol OptionDeclaration: Sendable {
    /// Without the dashes: `workers`.
    var name: String { get }
    /// `f` for `-f`; nil for most.
    var short: Character? { get }
    /// What stands for the value in usage; nil for a flag, which takes none.
    var placeholder: String? { get }
    /// One line without a full stop; empty for an option that programs use and usage does not show.
    var help: String { get }
    var isRepeatable: Bool { get }
    /// What the value has to be: "a whole number within 1 ... 64".
    var expectation: String { get }
    /// The words that the value may be; empty where they cannot be listed.
    var choices: [String] { get }
    /// Whether the value is several of the choices, separated by commas.
    var takesList: Bool { get }
    /// The value that a text means; nil where it means none.
    func erasedValue(of text: String) -> (any Sendable)?
}

extension OptionDeclaration {
    var isHidden: Bool { help.isEmpty }

    /// `-f, --follow` or `--workers N`.
    var usage: String { (short.map { "-\($0), " } ?? "") + "--\(name)" + (placeholder.map { " \($0)" } ?? "") }
}

/// An option with a value, `--workers 4` or `--workers=4`.
struct CommandOption<Value: Sendable>: OptionDeclaration {
    let name: String
    let short: Character?
    let placeholder: String?
    let help: String
    let isRepeatable: Bool
    let expectation: String
    let choices: [String]
    let takesList: Bool
    private let parse: @Sendable (String) -> Value?

    init(
        _ name: String, _ placeholder: String, _ help: String, short: Character? = nil, isRepeatable: Bool = false,
        expectation: String, choices: [String] = [], takesList: Bool = false, parse: @escaping @Sendable (String) -> Value?
    ) {
        self.name = name
        self.short = short
        self.placeholder = placeholder
        self.help = help
        self.isRepeatable = isRepeatable
        self.expectation = expectation
        self.choices = choices
        self.takesList = takesList
        self.parse = parse
    }

    func erasedValue(of text: String) -> (any Sendable)? { parse(text) }
}

extension CommandOption<String> {
    static func text(_ name: String, _ placeholder: String, _ help: String, isRepeatable: Bool = false) -> Self {
        Self(name, placeholder, help, isRepeatable: isRepeatable, expectation: "a value") { $0.isEmpty ? nil : $0 }
    }

    static func choice(_ name: String, _ placeholder: String, _ choices: [String], _ help: String) -> Self {
        Self(name, placeholder, help, expectation: "one of " + choices.joined(separator: ", "), choices: choices) {
            choices.contains($0) ? $0 : nil
        }
    }
}

extension CommandOption<[String]> {
    /// Some of the choices, each once, in the order of the choices.
    static func choices(_ name: String, _ placeholder: String, _ choices: [String], _ help: String) -> Self {
        let expectation = "some of " + choices.joined(separator: ", ") + ", separated by commas"
        return Self(name, placeholder, help, expectation: expectation, choices: choices, takesList: true) { text in
            let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            return words.allSatisfy(choices.contains) ? choices.filter(words.contains) : nil
        }
    }
}

extension CommandOption<Int> {
    static func integer(_ name: String, _ placeholder: String, _ range: ClosedRange<Int>, _ help: String) -> Self {
        Self(name, placeholder, help, expectation: "a whole number within \(range.lowerBound) ... \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension CommandOption<Double> {
    static func number(_ name: String, _ placeholder: String, above lower: Double, atMost upper: Double, _ help: String) -> Self {
        Self(name, placeholder, help, expectation: "a number above \(lower), at most \(upper)") {
            Double($0).flatMap { $0 > lower && $0 <= upper ? $0 : nil }
        }
    }

    /// A share of a filter's largest field element.
    static func threshold(_ name: String, _ placeholder: String, _ help: String) -> Self {
        Self(name, placeholder, help, expectation: "a number between 0 and 1, neither of them") {
            Double($0).flatMap { $0 > 0 && $0 < 1 ? $0 : nil }
        }
    }

    /// A moment in seconds since 1970: so long ago, or a date and time in UTC.
    static func moment(_ name: String, _ placeholder: String, _ help: String) -> Self {
        Self(name, placeholder, help, expectation: "a time such as 30s, 10m, 2h or 1d ago, or 2026-01-31T12:00:00Z", parse: secondsOfMoment)
    }

    /// Seconds, from `45s`, `10m`, `2h`, `1d` or a plain number of seconds.
    static func duration(_ name: String, _ placeholder: String, _ help: String) -> Self {
        Self(name, placeholder, help, expectation: "a time such as 30s, 10m, 2h or 1d", parse: secondsOfDuration)
    }
}

extension CommandOption<[Double]> {
    /// Shares of a filter's largest field element, ascending and each once.
    static func thresholds(_ name: String, _ placeholder: String, _ help: String) -> Self {
        Self(name, placeholder, help, expectation: "numbers between 0 and 1, neither of them, separated by commas") { text in
            let words = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { !$0.isWhitespace } }
            let values = words.compactMap { Double($0) }.filter { $0 > 0 && $0 < 1 }
            return values.count == words.count ? Set(values).sorted() : nil
        }
    }
}

private func secondsOfMoment(_ text: String) -> Double? {
    if let ago = secondsOfDuration(text) { return Date().timeIntervalSince1970 - ago }
    let full = text.contains("T") ? text : text + "T00:00:00Z"
    let zoned = full.hasSuffix("Z") || full.dropFirst(11).contains { $0 == "+" || $0 == "-" } ? full : full + "Z"
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: zoned.contains("."))
    return (try? style.parse(zoned))?.timeIntervalSince1970
}

private func secondsOfDuration(_ text: String) -> Double? {
    let factors: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let factor = text.last.flatMap { factors[$0] }
    guard let number = Double(factor == nil ? text : String(text.dropLast())), number >= 0, number.isFinite else { return nil }
    return number * (factor ?? 1)
}

/// An option that is there or not.
struct CommandFlag: OptionDeclaration {
    let name: String
    let short: Character?
    let help: String
    var placeholder: String? { nil }
    var isRepeatable: Bool { false }
    var expectation: String { "no value" }
    var choices: [String] { [] }
    var takesList: Bool { false }

    init(_ name: String, _ help: String, short: Character? = nil) {
        self.name = name
        self.short = short
        self.help = help
    }

    func erasedValue(of text: String) -> (any Sendable)? { nil }
}
