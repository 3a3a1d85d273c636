import Foundation
import Reporting

/// Where results go: standard output, written whole. A reader that has gone away (`filterscope logs | head`) ends the
/// program quietly and is no failure.
enum StandardOutput {
    static func write(_ text: String) {
        guard writeAll(Array(text.utf8), to: STDOUT_FILENO) else { _exit(0) }
    }

    static func write(_ bytes: [UInt8]) {
        guard writeAll(bytes, to: STDOUT_FILENO) else { _exit(0) }
    }

    static func writeLine(_ text: String) { write(text + "\n") }

    static var style: TerminalStyle { .of(descriptor: STDOUT_FILENO) }
}

/// Where progress and messages go.
enum StandardError {
    static func writeLine(_ text: String) { _ = writeAll(Array((text + "\n").utf8), to: STDERR_FILENO) }

    static var style: TerminalStyle { .of(descriptor: STDERR_FILENO) }
}

/// False where nobody reads any more.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 {
            written += count
        } else if errno == EAGAIN {
            // Somebody made the terminal non-blocking: wait until it takes more.
            var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&request, 1, 1000)
        } else if errno != EINTR {
            return false
        }
    }
    return true
}

/// The few colours that output uses.
enum Color: String {
    case red = "31"
    case yellow = "33"
    case grey = "90"

    func paint(_ text: String, if enabled: Bool) -> String { enabled ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text }
}
