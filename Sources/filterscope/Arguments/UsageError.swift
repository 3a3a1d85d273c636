import Diagnostics

/// A command line that cannot be meant: told in one line, with where to look; exit code 2.
struct UsageError: Error {
    let problem: Problem
    /// Nil where not even the command is known.
    let command: String?

    init(_ what: String, remedy: String? = nil, command: String?) {
        problem = Problem(what, remedy: remedy)
        self.command = command
    }

    var message: String {
        let prefix = command.map { "filterscope \($0)" } ?? "filterscope"
        return "\(prefix): \(problem)\nSee \"\(prefix) --help\"."
    }
}
