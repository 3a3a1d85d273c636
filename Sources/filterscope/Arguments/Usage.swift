/// What `filterscope --help` prints.
func programUsage(_ all: [CommandDescription]) -> String {
    let commands = all.filter { !$0.isHidden }
    let width = commands.map(\.name.count).max() ?? 0
    let lines = commands.map { "  \($0.name.padded(to: width))  \($0.summary)" }
    return """
        filterscope trains convolutional networks on a cluster of ordinary machines and measures what every single
        filter of them knows.

        Usage: filterscope COMMAND [options]

        Commands:
        \(lines.joined(separator: "\n"))

        Options:
          --help     this text; "filterscope COMMAND --help" explains a command
          --version  the version of this program

        Example:
          filterscope run fashion-demo --workers 2

        """
}

extension CommandDescription {
    /// What `filterscope COMMAND --help` prints.
    var usage: String {
        let words = ["filterscope", name] + positionals.map(\.usage) + (options.isEmpty ? [] : ["[options]"])
        var text = "\(summary.prefix(1).uppercased())\(summary.dropFirst()).\n\nUsage: \(words.joined(separator: " "))\n"
        if !positionals.isEmpty {
            text += "\nArguments:\n" + Self.columns(positionals.map { positional in
                let choices = positional.choices.isEmpty ? "" : ": " + positional.choices.joined(separator: ", ")
                return (positional.name, positional.help + choices)
            })
        }
        text += "\nOptions:\n" + Self.columns(options.filter { !$0.isHidden }.map { ($0.usage, $0.help) } + [("--help", "this text")])
        if !notes.isEmpty { text += "\n" + notes.joined(separator: "\n") + "\n" }
        return text + "\nExample:\n  \(example)\n"
    }

    private static func columns(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { "  \($0.0.padded(to: width))  \($0.1)\n" }.joined()
    }
}

extension String {
    /// With spaces up to a width; text that is longer stays whole.
    func padded(to width: Int, right: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - count))
        return right ? padding + self : self + padding
    }
}
