import Runtime

/// An argument that is told by its place.
struct Positional: Sendable {
    let name: String
    let help: String
    let isOptional: Bool
    /// Whether any number of them may follow; of a command's last one.
    let isRepeatable: Bool
    /// The words it may be; empty where it may be any.
    let choices: [String]

    init(_ name: String, _ help: String, isOptional: Bool = false, isRepeatable: Bool = false, choices: [String] = []) {
        self.name = name
        self.help = help
        self.isOptional = isOptional
        self.isRepeatable = isRepeatable
        self.choices = choices
    }

    var usage: String {
        let text = isRepeatable ? "\(name) ..." : name
        return isOptional ? "[\(text)]" : text
    }
}

/// One command: what it takes, how it is explained, and what it does.
struct CommandDescription: Sendable {
    let name: String
    /// One line, without a full stop.
    let summary: String
    var positionals: [Positional] = []
    var options: [any OptionDeclaration] = []
    /// A whole command line that works.
    let example: String
    /// More lines for `--help`.
    var notes: [String] = []
    /// For programs: it stands in no list, page or completion.
    var isHidden = false
    let run: @Sendable (ParsedArguments) throws -> ExitCode
}

extension CommandDescription {
    /// The option that a word such as `--workers` or `-f` names.
    func option(named word: String) -> (any OptionDeclaration)? {
        options.first { word == "--\($0.name)" || ($0.short.map { word == "-\($0)" } ?? false) }
    }

    /// What the word at a place among those that are no options stands for; nil where there may be none.
    func positional(at place: Int) -> Positional? {
        if place < positionals.count { return positionals[place] }
        return positionals.last.flatMap { $0.isRepeatable ? $0 : nil }
    }
}
