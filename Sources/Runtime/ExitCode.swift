/// What the program tells the shell.
public enum ExitCode: Int32, Sendable {
    case done = 0
    /// It failed; the message says what, where, and what to do.
    case failed = 1
    /// A command line that cannot be meant.
    case usage = 2
    /// `verify` found a claim not upheld.
    case claimNotUpheld = 3
    /// Stopped by SIGINT or SIGTERM, after a checkpoint where there was something to keep.
    case interrupted = 130
}
