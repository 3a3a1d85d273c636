import Foundation

/// The program's man pages: one of its own, and one for each command.
enum ManualPages {
    /// What every page says in the same words.
    private static let exitCodes: [(code: String, meaning: String)] = [
        ("0", "done"), ("1", "failed; the message says what, where, and what to do"), ("2", "a command line that cannot be meant"),
        ("3", "verify found a claim not upheld"), ("130", "stopped by Ctrl-C or SIGTERM; can go on with --resume"),
    ]

    private static var visible: [CommandDescription] { Filterscope.all.filter { !$0.isHidden } }

    /// By the page's name, `filterscope` first.
    static var all: [(name: String, text: String)] {
        [("filterscope", program)] + visible.map { ("filterscope-" + $0.pageName, page($0)) }
    }

    static var program: String {
        var page = ManualPage(
            name: "filterscope", title: "train image classifiers on a cluster and measure what every filter knows",
            version: Filterscope.version, date: Filterscope.date)
        page.section("SYNOPSIS")
        page.synopsis("filterscope", ["COMMAND", "[options]"])
        page.section("DESCRIPTION")
        page.plain(
            "Filterscope trains convolutional networks on a cluster of ordinary machines and measures what every single filter of them knows.")
        page.paragraph("Results go to standard output, progress and logs to standard error. NO_COLOR is honoured; progress bars appear on terminals only.")
        page.section("COMMANDS")
        for command in visible { page.item(command.name, command.summary + ".") }
        page.section("OPTIONS")
        page.item("--help", "list the commands; after a command, explain it.")
        page.item("--version", "the version of this program.")
        status(&page)
        page.section("FILES")
        page.item("runs/RECIPE-DATE-TIME", "a run's directory: recipe.json, run.sqlite, checkpoints, results, report.html.")
        page.section("EXAMPLES")
        page.example("filterscope run fashion-demo --workers 2")
        page.seeAlso(visible.map { "filterscope-" + $0.pageName })
        return page.text
    }

    static func page(_ command: CommandDescription) -> String {
        var page = ManualPage(
            name: "filterscope-" + command.pageName, title: command.summary, version: Filterscope.version, date: Filterscope.date)
        page.section("SYNOPSIS")
        page.synopsis("filterscope " + command.name, command.positionals.map(\.usage) + ["[options]"])
        page.section("DESCRIPTION")
        page.plain(command.summary.prefix(1).uppercased() + command.summary.dropFirst() + ".")
        if !command.notes.isEmpty { page.paragraph(command.notes.joined(separator: " ")) }
        if !command.positionals.isEmpty {
            page.section("ARGUMENTS")
            for positional in command.positionals {
                let choices = positional.choices.isEmpty ? "" : " One of " + positional.choices.joined(separator: ", ") + "."
                page.item(positional.usage, sentence(positional.help) + choices)
            }
        }
        page.section("OPTIONS")
        for option in command.options where !option.isHidden {
            let repeats = option.isRepeatable ? " May be given several times." : ""
            page.item((option.short.map { "-\($0), " } ?? "") + "--" + option.name, value: option.placeholder, sentence(option.help) + wanted(option) + repeats)
        }
        page.item("--help", "Explain this command.")
        status(&page)
        page.section("EXAMPLES")
        page.example(command.example)
        let others = visible.filter { $0.name != command.name && $0.name.hasPrefix(command.name + " ") }
        page.seeAlso(["filterscope"] + others.map { "filterscope-" + $0.pageName })
        return page.text
    }

    /// What the value has to be, where the explanation does not say it already.
    private static func wanted(_ option: any OptionDeclaration) -> String {
        guard option.placeholder != nil, option.expectation != "a value" else { return "" }
        let detail = ["one of ", "such as "].compactMap { option.expectation.components(separatedBy: $0).dropFirst().first }.first
        if let detail, option.help.contains(detail) { return "" }
        return " " + sentence(option.expectation)
    }

    private static func status(_ page: inout ManualPage) {
        page.section("EXIT STATUS")
        for item in exitCodes { page.item(item.code, item.meaning + ".") }
    }

    private static func sentence(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
    }
}

extension CommandDescription {
    /// `bench-data` for `bench data`.
    var pageName: String { name.replacing(" ", with: "-") }
}
