import Diagnostics
import Foundation

/// A record of the merged log, as a line for people or as JSON.
struct LogLine: Encodable {
    let id: Int
    let time: Double
    let level: String
    let source: String
    let unit: UInt64?
    let message: String
    let fields: [String: String]

    init(id: Int, _ record: LogRecord) {
        self.id = id
        time = record.time
        level = record.level.name
        source = record.source
        unit = record.unit
        message = record.message
        fields = record.fields
    }

    /// `2026-11-24T02:51:55.123Z warning coordinator  worker left  reason=timed out worker.name=b`, fields by key.
    func text(colored: Bool) -> String {
        let details = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.printable($0.value))" }
        let unitText = unit.map { ["unit=\($0)"] } ?? []
        let body = ([Self.printable(message)] + unitText + details).joined(separator: " ")
        let line = "\(Self.stamp(time)) \(level.padded(to: 7)) \(Self.printable(source).padded(to: 12)) \(body)"
        switch level {
        case "error": return Color.red.paint(line, if: colored)
        case "warning": return Color.yellow.paint(line, if: colored)
        case "debug": return Color.grey.paint(line, if: colored)
        default: return line
        }
    }

    /// UTC, to the millisecond: workers may stand in several time zones.
    private static func stamp(_ time: Double) -> String {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return Date(timeIntervalSince1970: time).formatted(style)
    }

    /// Control characters of a worker's message must not reach the terminal.
    private static func printable(_ text: String) -> String {
        String(text.map { character in
            character.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) } ? character : "·"
        })
    }
}
