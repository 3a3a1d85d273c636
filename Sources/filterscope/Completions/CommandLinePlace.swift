/// Where the cursor stands among a command's words, read as `ParsedArguments` reads them, but of a line that is not finished.
struct CommandLinePlace {
    enum Kind {
        /// A value of an option; the prefix of the word that is not part of it: `--run=`.
        case value(any OptionDeclaration, prefix: String)
        /// A word of its own: an option, or an argument that is told by its place.
        case word
    }

    let typed: String
    let kind: Kind
    /// How many arguments that are told by their place stand before.
    private(set) var positional = 0
    /// The names of the options that stand before.
    private(set) var given: Set<String> = []
    /// Whether `--` stands before.
    private(set) var optionsEnded = false
    /// What `--run` was given.
    private(set) var run: String?

    /// Whether the word may be an argument that is told by its place.
    var wordIsFree: Bool {
        if case .word = kind { optionsEnded || !typed.hasPrefix("-") } else { false }
    }

    /// - Parameter words: those between the command's name and the one that is being typed.
    init(_ words: [String], typed: String, of command: CommandDescription) {
        self.typed = typed
        var waiting: (any OptionDeclaration)?
        for word in words {
            if let option = waiting {
                if option.name == "run" { run = word }
                waiting = nil
            } else if !optionsEnded, word == "--" {
                optionsEnded = true
            } else if !optionsEnded, word.hasPrefix("-"), word != "-" {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard let option = command.option(named: parts[0]) else { continue }
                given.insert(option.name)
                if parts.count == 2, option.name == "run" { run = parts[1] }
                if parts.count == 1, option.placeholder != nil { waiting = option }
            } else {
                positional += 1
            }
        }
        if let option = waiting {
            kind = .value(option, prefix: "")
        } else if !optionsEnded, let end = typed.firstIndex(of: "="),
            let option = command.option(named: String(typed[..<end])), option.placeholder != nil
        {
            kind = .value(option, prefix: String(typed[...end]))
        } else {
            kind = .word
        }
    }
}
