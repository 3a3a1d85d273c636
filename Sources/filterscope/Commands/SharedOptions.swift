import Messages
import Runtime
import Transport

/// Options that several commands have in common, worded once.
enum SharedOptions {
    static let run = CommandOption.text("run", "DIR", "the run's directory")
    static let connect = CommandOption.text("connect", "ENDPOINT", "ask the coordinator at tcp://HOST:PORT instead")
    static let keys = CommandOption.text("keys", "DIR", "the directory of keys, for a coordinator that asks for them")
    static let json = CommandFlag("json", "as JSON")
    static let quiet = CommandFlag("quiet", "only warnings and errors on standard error", short: "q")
    static let verbose = CommandFlag("verbose", "debug records too", short: "v")

    /// What to show a coordinator: the key of the first of these roles that the directory has; nil without `--keys`.
    static func clientKeys(_ arguments: ParsedArguments, _ roles: [PeerRole]) throws -> ClientKeys? {
        try arguments.value(keys).map { try KeyDirectory($0).client(roles) }
    }

    static func verbosity(_ arguments: ParsedArguments) throws -> Verbosity {
        switch (arguments.has(quiet), arguments.has(verbose)) {
        case (true, true): throw arguments.usageError("--quiet and --verbose exclude each other")
        case (true, false): .quiet
        case (false, true): .verbose
        case (false, false): .normal
        }
    }
}
