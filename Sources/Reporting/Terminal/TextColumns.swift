import Diagnostics

/// Lines of text in columns, for terminals. Widths count the columns that a terminal takes for a text.
public enum TextColumns {
    public enum Alignment: Sendable { case left, right }

    /// Columns as wide as their widest cell, `gap` blanks between them; no blanks at line ends.
    public static func lines(_ rows: [[String]], alignment: [Alignment], gap: Int = 2) -> [String] {
        let widths = alignment.indices.map { column in rows.map { $0[column].terminalColumns }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.terminalColumns)
                if column > 0 { line += String(repeating: " ", count: gap) }
                line += alignment[column] == .left ? cell + blanks : blanks + cell
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// At most `width` columns, the last one an ellipsis where something was cut.
    static func truncated(_ text: String, to width: Int) -> String {
        guard text.terminalColumns > width else { return text }
        guard width > 0 else { return "" }
        var (kept, taken) = ("", 0)
        for character in text {
            taken += character.terminalColumns
            guard taken < width else { break }
            kept.append(character)
        }
        return kept + "…"
    }

    /// Exactly `width` columns: cut, or filled up with blanks.
    static func fitted(_ text: String, to width: Int) -> String {
        let text = truncated(text, to: width)
        return text + String(repeating: " ", count: max(0, width - text.terminalColumns))
    }

    /// Breaks at blanks so that no line is longer than `width`, unless a single word is.
    static func wrapped(_ text: String, width: Int, indent: String = "") -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            if !line.isEmpty, line.terminalColumns + 1 + String(word).terminalColumns > width {
                lines.append(line)
                line = indent
            }
            line += (line.isEmpty || line == indent ? "" : " ") + word
        }
        return line.isEmpty || line == indent ? lines : lines + [line]
    }

    /// Text from elsewhere without what could move a terminal's cursor or turn the direction of its text.
    static func printable(_ text: String) -> String { text.printable(" ") }
}
