/// Pieces of HTML.
enum HTML {
    /// Text as it may stand between tags and in attributes, without control characters.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in TextColumns.printable(text).unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    static func section(_ id: String, _ heading: String, _ body: String) -> String {
        "<section id=\"\(id)\">\n<h2>\(escaped(heading))</h2>\n\(body)\n</section>\n"
    }

    static func paragraph(_ text: String) -> String { "<p>\(text)</p>\n" }

    /// Rows of names and values, both escaped.
    static func facts(_ rows: [(name: String, value: String)]) -> String {
        "<dl class=\"facts\">\n" + rows.map { "<div><dt>\(escaped($0.name))</dt><dd>\(escaped($0.value))</dd></div>\n" }.joined() + "</dl>\n"
    }

    /// A table that scrolls by itself where it is too wide. Cells are HTML.
    static func table(_ heads: [String], _ rows: [[String]]) -> String {
        "<div class=\"scroll\"><table>\n<thead><tr>" + heads.map { "<th>\(escaped($0))</th>" }.joined() + "</tr></thead>\n<tbody>\n"
            + rows.map { "<tr>" + $0.map { "<td>\($0)</td>" }.joined() + "</tr>\n" }.joined() + "</tbody>\n</table></div>\n"
    }

    static func figure(_ content: String, caption: String, class name: String = "") -> String {
        "<figure\(name.isEmpty ? "" : " class=\"\(name)\"")>\n\(content)\n<figcaption>\(caption)</figcaption>\n</figure>\n"
    }
}
