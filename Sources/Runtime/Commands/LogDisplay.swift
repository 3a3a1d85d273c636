import Diagnostics
import Foundation
import Reporting

/// Shows log records on standard error while a command runs.
struct LogDisplay: Sendable {
    let level: LogLevel

    init(_ verbosity: Verbosity) {
        level = switch verbosity {
        case .quiet: .warning
        case .normal: .info
        case .verbose: .debug
        }
    }

    func show(_ record: LogRecord) {
        guard record.level >= level else { return }
        say(LogText.line(record, colored: TerminalStyle.of(descriptor: 2).colored))
    }

    /// A line about how the work went; not where only warnings are wanted.
    func note(_ text: String) { if level < .warning { say(text) } }

    /// A terminal that is gone, or a log file on a full disk, is no reason to end a run.
    func say(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8)) }
}
