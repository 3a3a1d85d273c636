import Diagnostics
import Foundation

/// A log record as one line for people.
public enum LogText {
    /// `2026-11-24T02:51:55.123Z warning coordinator  worker left reason=silent worker.name=b`, fields by key.
    public static func line(_ record: LogRecord, colored: Bool = false) -> String {
        let details = record.fields.sorted { $0.key < $1.key }.map { "\($0.key)=\(printable($0.value))" }
        let unit = record.unit.map { ["unit=\($0)"] } ?? []
        let body = ([printable(record.message)] + unit + details).joined(separator: " ")
        let line = "\(stamp(record.time)) \(padded(record.level.name, 7)) \(padded(printable(record.source), 12)) \(body)"
        guard colored else { return line }
        return switch record.level {
        case .error: "\u{1B}[31m\(line)\u{1B}[0m"
        case .warning: "\u{1B}[33m\(line)\u{1B}[0m"
        case .debug: "\u{1B}[90m\(line)\u{1B}[0m"
        case .info: line
        }
    }

    /// UTC, to the millisecond: workers may stand in several time zones.
    private static func stamp(_ time: Double) -> String {
        Date(timeIntervalSince1970: time).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// Control characters of a worker's message must not reach the terminal.
    private static func printable(_ text: String) -> String {
        String(text.map { character in
            character.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) } ? character : "·"
        })
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
