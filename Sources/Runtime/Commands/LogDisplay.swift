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

    func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
