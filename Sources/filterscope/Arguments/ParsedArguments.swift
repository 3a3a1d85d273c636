import Diagnostics

/// The arguments of one command, checked against its description.
struct ParsedArguments: Sendable {
    let command: CommandDescription
    private(set) var positionals: [String] = []
    private var values: [String: [any Sendable]] = [:]
    private var flags: Set<String> = []
    /// Whether `--help` was among them; nothing else was checked then.
    private(set) var asksForHelp = false

    /// - Parameter words: everything after the command's name.
    init(_ words: ArraySlice<String>, for command: CommandDescription) throws(UsageError) {
        self.command = command
        let beforeSeparator = words.prefix { $0 != "--" }
        if beforeSeparator.contains("--help") || beforeSeparator.contains("-h") {
            asksForHelp = true
            return
        }
        var rest = words
        var optionsEnded = false
        while let word = rest.popFirst() {
            if !optionsEnded, word == "--" {
                optionsEnded = true
            } else if !optionsEnded, word.hasPrefix("-"), word != "-" {
                try takeOption(word, &rest)
            } else {
                try takePositional(word)
            }
        }
        if let missing = command.positionals.dropFirst(positionals.count).first(where: { !$0.isOptional }) {
            throw usageError("\(missing.name) is missing", remedy: missing.help)
        }
    }

    func has(_ flag: CommandFlag) -> Bool { flags.contains(flag.name) }

    /// Whether the option of that name was given a value.
    func hasValue(_ option: String) -> Bool { values[option] != nil }

    /// The last value given.
    func value<Value>(_ option: CommandOption<Value>) -> Value? { values[option.name]?.last as? Value }

    /// Every value given, in order.
    func values<Value>(_ option: CommandOption<Value>) -> [Value] { (values[option.name] ?? []).compactMap { $0 as? Value } }

    /// - Throws: a `UsageError` that names the option where it was not given.
    func required<Value>(_ option: CommandOption<Value>) throws(UsageError) -> Value {
        guard let value = value(option) else { throw usageError("\(option.usage) is missing", remedy: option.help) }
        return value
    }

    func usageError(_ what: String, remedy: String? = nil) -> UsageError { UsageError(what, remedy: remedy, command: command.name) }

    private mutating func takePositional(_ word: String) throws(UsageError) {
        guard let positional = command.positional(at: positionals.count) else { throw usageError("unexpected argument \"\(word)\"") }
        guard positional.choices.isEmpty || positional.choices.contains(word) else {
            throw usageError("unknown \(positional.name) \"\(word)\"", remedy: suggestion(for: word, among: positional.choices))
        }
        positionals.append(word)
    }

    private mutating func takeOption(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let option = command.option(named: parts[0]) else {
            let known = command.options.filter { !$0.isHidden }.map { "--\($0.name)" } + ["--help"]
            throw usageError("unknown option \"\(parts[0])\"", remedy: suggestion(for: parts[0], among: known))
        }
        guard option.placeholder != nil else {
            guard parts.count == 1 else { throw usageError("\(parts[0]) takes no value") }
            flags.insert(option.name)
            return
        }
        let text: String
        if parts.count == 2 {
            text = parts[1]
        } else if let next = rest.first, next != "--", !next.hasPrefix("-") || next == "-" || Double(next) != nil {
            text = next
            rest = rest.dropFirst()
        } else {
            throw usageError("\(parts[0]) needs \(option.expectation)", remedy: "write \(option.usage)")
        }
        guard let value = option.erasedValue(of: text) else {
            throw usageError("\(parts[0]) needs \(option.expectation), not \"\(text)\"")
        }
        guard option.isRepeatable || values[option.name] == nil else { throw usageError("\(parts[0]) stands twice") }
        values[option.name, default: []].append(value)
    }
}
