/// Lines of text in columns, for terminals. Widths count characters.
public enum TextColumns {
    public enum Alignment { case left, right }

    /// Columns as wide as their widest cell, `gap` blanks between them; no blanks at line ends.
    public static func lines(_ rows: [[String]], alignment: [Alignment], gap: Int = 2) -> [String] {
        let widths = alignment.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                if column > 0 { line += String(repeating: " ", count: gap) }
                line += alignment[column] == .left ? cell + blanks : blanks + cell
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// At most `width` characters, the last one an ellipsis where something was cut.
    static func truncated(_ text: String, to width: Int) -> String {
        text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "…"
    }

    /// Breaks at blanks so that no line is longer than `width`, unless a single word is.
    static func wrapped(_ text: String, width: Int, indent: String = "") -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = indent
            }
            line += (line.isEmpty || line == indent ? "" : " ") + word
        }
        return line.isEmpty || line == indent ? lines : lines + [line]
    }

    /// Text from elsewhere without what could move a terminal's cursor.
    static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
