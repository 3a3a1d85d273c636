import Runtime

/// An argument that is told by its place.
struct Positional: Sendable {
    let name: String
    let help: String
    let isOptional: Bool
    /// The words it may be; empty where it may be any.
    let choices: [String]

    init(_ name: String, _ help: String, isOptional: Bool = false, choices: [String] = []) {
        self.name = name
        self.help = help
        self.isOptional = isOptional
        self.choices = choices
    }

    var usage: String { isOptional ? "[\(name)]" : name }
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
    let run: @Sendable (ParsedArguments) throws -> ExitCode
}
