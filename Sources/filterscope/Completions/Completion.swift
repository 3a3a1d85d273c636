/// What may stand at the cursor of a command line: whole words with what they mean, and whether files may stand there too.
struct Completion: Equatable {
    struct Candidate: Equatable {
        var word: String
        /// One line; empty where the word says it all.
        var help = ""
    }

    enum Paths: String { case nothing, files, directories }

    var candidates: [Candidate] = []
    var paths = Paths.nothing

    /// For the shells' functions: the first line says which paths may stand there, each further one is a word, a tab and its meaning.
    var text: String {
        ([paths.rawValue] + candidates.map { "\($0.word)\t\($0.help)" }).joined(separator: "\n") + "\n"
    }

    /// - Parameters:
    ///   - words: what stands before the cursor, without the program's name; the last one is being typed, and may be empty.
    ///   - lists: what is known of values that the table does not hold.
    init(of words: [String], in commands: [CommandDescription], lists: CompletionLists) {
        guard let typed = words.last else { return }
        let before = Array(words.dropLast())
        let visible = commands.filter { !$0.isHidden }
        if before.isEmpty || before == ["help"] {
            candidates = visible.filter { !$0.name.contains(" ") }.map { Candidate(word: $0.name, help: $0.summary) }
            if before.isEmpty {
                candidates += [
                    Candidate(word: "help", help: "explain a command"), Candidate(word: "--help", help: "list the commands"),
                    Candidate(word: "--version", help: "the version of this program"),
                ]
            }
        } else {
            // The longest name wins: `bench data` is a command of its own.
            let known = commands.filter { before.starts(with: $0.name.split(separator: " ").map(String.init)) }
            guard let command = known.max(by: { $0.name.count < $1.name.count }) else { return }
            let place = CommandLinePlace(Array(before.dropFirst(command.name.split(separator: " ").count)), typed: typed, of: command)
            complete(place, command, lists)
            if place.positional == 0, place.wordIsFree {
                // The second words of longer names: `data` after `bench`.
                candidates += visible.filter { $0.name.hasPrefix(command.name + " ") }.map {
                    Candidate(word: String($0.name.dropFirst(command.name.count + 1)), help: $0.summary)
                }
            }
        }
        candidates = candidates.filter { $0.word.hasPrefix(typed) }
    }

    private mutating func complete(_ place: CommandLinePlace, _ command: CommandDescription, _ lists: CompletionLists) {
        switch place.kind {
        case .value(let option, let prefix):
            add(ValueKind(option), prefix: prefix, typed: String(place.typed.dropFirst(prefix.count)), place, lists)
        case .word:
            if place.wordIsFree, let positional = command.positional(at: place.positional) {
                add(ValueKind(positional), prefix: "", typed: place.typed, place, lists)
            }
            // Options come when a dash asks for them, or nothing else is to be said.
            if !place.optionsEnded, place.typed.hasPrefix("-") || command.positional(at: place.positional) == nil {
                candidates += command.options.filter { !$0.isHidden && ($0.isRepeatable || !place.given.contains($0.name)) }
                    .map { Candidate(word: "--\($0.name)", help: $0.help) }
                candidates.append(Candidate(word: "--help", help: "explain this command"))
            }
        }
    }

    private mutating func add(_ kind: ValueKind, prefix: String, typed: String, _ place: CommandLinePlace, _ lists: CompletionLists) {
        switch kind {
        case .choices(let choices): candidates += choices.map { Candidate(word: prefix + $0) }
        case .list(let choices):
            let done = typed.split(separator: ",", omittingEmptySubsequences: false).dropLast().map(String.init)
            let start = prefix + done.map { $0 + "," }.joined()
            candidates += choices.filter { !done.contains($0) }.map { Candidate(word: start + $0) }
        case .recipe:
            candidates += lists.recipes().map { Candidate(word: prefix + $0.word, help: $0.help) }
            paths = .files
        case .dataset:
            candidates += lists.datasets().map { Candidate(word: prefix + $0.word, help: $0.help) }
            paths = .files
        case .command: candidates += lists.commands().map { Candidate(word: prefix + $0.word, help: $0.help) }
        case .run:
            candidates += lists.runs().map { Candidate(word: prefix + $0.word, help: $0.help) }
            paths = .directories
        case .worker: candidates += lists.workers(place.run).map { Candidate(word: prefix + $0.word, help: $0.help) }
        case .file: paths = .files
        case .directory: paths = .directories
        case .free: break
        }
    }
}

/// Values that no table holds; asked for only where they are needed.
struct CompletionLists {
    var recipes: () -> [Completion.Candidate] = { [] }
    var datasets: () -> [Completion.Candidate] = { [] }
    var commands: () -> [Completion.Candidate] = { [] }
    var runs: () -> [Completion.Candidate] = { [] }
    /// Of the run that `--run` names; nil for the latest.
    var workers: (_ run: String?) -> [Completion.Candidate] = { _ in [] }
}
