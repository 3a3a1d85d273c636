/// A man page in roff (the man macros), made of the same table that parses the command line.
struct ManualPage {
    private(set) var text: String

    /// - Parameter name: `filterscope-run`.
    init(name: String, title: String, version: String, date: String) {
        text = ".TH \(Self.argument(name.uppercased())) 1 \(date) \(Self.argument("Filterscope \(version)")) \(Self.argument("Filterscope manual"))\n"
        section("NAME")
        text += Self.lines("\(name) - \(title)")
    }

    mutating func section(_ name: String) { text += ".SH \(name)\n" }

    mutating func paragraph(_ words: String) { text += ".PP\n\(Self.lines(words))" }

    /// Lines without a break between paragraphs of the same section's beginning.
    mutating func plain(_ words: String) { text += Self.lines(words) }

    /// A term in bold with what it takes in italics, and its explanation below.
    mutating func item(_ term: String, value: String? = nil, _ words: String) {
        text += ".TP\n.BI \(Self.argument(term))\(value.map { " \" \" \(Self.argument($0))" } ?? "")\n\(Self.lines(words))"
    }

    mutating func synopsis(_ name: String, _ arguments: [String]) {
        text += ".B \(Self.escaped(name))\n" + arguments.map { ".RI \(Self.argument($0))\n" }.joined()
    }

    /// Lines that are shown as they are.
    mutating func example(_ line: String) {
        text += ".in +4n\n.EX\n\(Self.guarded(Self.escaped(line))).EE\n.in\n"
    }

    mutating func seeAlso(_ names: [String]) {
        section("SEE ALSO")
        let last = names.count - 1
        for (index, name) in names.enumerated() { text += ".BR \(Self.escaped(name)) (1)\(index == last ? "" : ",")\n" }
    }

    /// Words in lines of fewer than 80 bytes, as formatters advise; they fill the page's own lines themselves.
    private static func lines(_ text: String) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace).map({ escaped(String($0)) }) {
            if !line.isEmpty, line.utf8.count + word.utf8.count > 74 {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return (lines + [line]).map(guarded).joined()
    }

    /// A line that roff does not take for a request.
    private static func guarded(_ line: String) -> String {
        (line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" : "") + line + "\n"
    }

    /// In quotes, as one argument of a macro.
    private static func argument(_ text: String) -> String { "\"" + escaped(text).replacing("\"", with: "\\(dq") + "\"" }

    /// Dashes that can be copied into a shell; characters beyond ASCII by their number, so that no locale matters.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
            default:
                let number = String(scalar.value, radix: 16, uppercase: true)
                result += "\\[u\(String(repeating: "0", count: max(0, 4 - number.count)))\(number)]"
            }
        }
        return result
    }
}
