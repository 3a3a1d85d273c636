/// What a value on a command line is, as far as completion is concerned. The table of commands says it by its placeholders:
/// `FILE` is a file wherever it stands.
enum ValueKind: Equatable {
    case choices([String])
    /// Several of them, separated by commas.
    case list([String])
    case recipe, dataset, command
    /// A run's directory.
    case run
    /// A worker of the run that the command line names, or of the latest.
    case worker
    case file, directory
    /// Nothing that could be listed.
    case free

    init(_ option: any OptionDeclaration) {
        guard option.choices.isEmpty else {
            self = option.takesList ? .list(option.choices) : .choices(option.choices)
            return
        }
        switch (option.name, option.placeholder ?? "") {
        case ("run", _): self = .run
        case ("worker", _): self = .worker
        case (_, let placeholder): self = Self.meaning(of: placeholder)
        }
    }

    init(_ positional: Positional) {
        self = positional.choices.isEmpty ? Self.meaning(of: positional.name) : .choices(positional.choices)
    }

    private static func meaning(of placeholder: String) -> ValueKind {
        switch placeholder {
        case "DIR": .directory
        case "RUN": .run
        case "RECIPE": .recipe
        case "SPEC": .dataset
        case "COMMAND": .command
        case "WORKER": .worker
        case "IN", "OUT", "HOSTS": .file
        case _ where placeholder.hasPrefix("FILE"): .file
        default: .free
        }
    }
}
