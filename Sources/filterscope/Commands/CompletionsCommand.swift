import Runtime

/// `filterscope completions SHELL`: what makes a shell complete this program's command line.
enum CompletionsCommand {
    static let description = CommandDescription(
        name: "completions", summary: "print the completion script of a shell: commands, options, recipes, runs",
        positionals: [Positional("SHELL", "the shell", choices: Shell.allCases.map(\.rawValue))],
        example: "filterscope completions bash > ~/.local/share/bash-completion/completions/filterscope",
        notes: [
            "To try it: source <(filterscope completions bash), the same in zsh, or filterscope completions fish | source.",
            "Scripts/install puts all three in place. What is offered is asked of the program at every press of the key.",
        ]
    ) { arguments in
        guard let shell = arguments.positionals.first.flatMap(Shell.init(rawValue:)) else { throw arguments.usageError("SHELL is missing") }
        StandardOutput.write(shell.script)
        return .done
    }
}

/// `filterscope complete -- WORD …`: what may stand at the cursor. Shells ask it.
enum CompleteCommand {
    static let description = CommandDescription(
        name: "complete", summary: "list what may be typed next, for a shell's completion",
        positionals: [Positional("WORD", "the words before the cursor, the last one as far as it is typed", isOptional: true, isRepeatable: true)],
        example: "filterscope complete -- run fashion",
        isHidden: true
    ) { arguments in
        let words = arguments.positionals.isEmpty ? [""] : arguments.positionals
        StandardOutput.write(Completion(of: words, in: Filterscope.all, lists: .here).text)
        return .done
    }
}
