import Diagnostics

/// A log record as one line for people.
public enum LogText {
    /// `2026-11-24T02:51:55.123Z warning coordinator  worker left reason=silent worker.name=b`, fields by key.
    /// - Parameter colored: the source in a colour of its own, the level in its.
    public static func line(_ record: LogRecord, colored: Bool = false) -> String {
        var bytes: [UInt8] = []
        append(record, to: &bytes, colored: colored)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same at the end of a buffer, without a line feed: many lines are written at once.
    public static func append(_ record: LogRecord, to bytes: inout [UInt8], colored: Bool = false) {
        let source = record.source.printable()
        appendStamp(record.time, to: &bytes)
        bytes.append(blank)
        let level = colored ? code(record.level) : nil
        paint(level, to: &bytes)
        appendPadded(record.level.name, 7, to: &bytes)
        endPaint(level, to: &bytes)
        bytes.append(blank)
        let color = colored ? color(of: source) : nil
        paint(color, to: &bytes)
        appendPadded(source, 12, to: &bytes)
        endPaint(color, to: &bytes)
        bytes.append(blank)
        let emphasis = colored && record.level != .info ? code(record.level) : nil
        paint(emphasis, to: &bytes)
        bytes.append(contentsOf: record.message.printable().utf8)
        endPaint(emphasis, to: &bytes)
        if let unit = record.unit {
            bytes.append(contentsOf: " unit=".utf8)
            bytes.append(contentsOf: String(unit).utf8)
        }
        for (key, value) in record.fields.sorted(by: { $0.key < $1.key }) {
            bytes.append(blank)
            bytes.append(contentsOf: key.printable().utf8)
            bytes.append(UInt8(ascii: "="))
            bytes.append(contentsOf: value.printable().utf8)
        }
    }

    private static let blank = UInt8(ascii: " ")

    /// The same name has the same colour in every listing.
    static func color(of source: String) -> String {
        if source == "coordinator" { return "1" }
        let palette = ["32", "34", "35", "36", "92", "94", "95", "96"]
        // FNV-1a: `hashValue` differs from process to process.
        let hash = source.utf8.reduce(2_166_136_261 as UInt32) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return palette[Int(hash % UInt32(palette.count))]
    }

    private static func code(_ level: LogLevel) -> String? {
        switch level {
        case .error: "31"
        case .warning: "33"
        case .debug: "90"
        case .info: nil
        }
    }

    private static func paint(_ code: String?, to bytes: inout [UInt8]) {
        guard let code else { return }
        bytes.append(contentsOf: "\u{1B}[\(code)m".utf8)
    }

    private static func endPaint(_ code: String?, to bytes: inout [UInt8]) {
        if code != nil { bytes.append(contentsOf: "\u{1B}[0m".utf8) }
    }

    private static func appendPadded(_ text: String, _ width: Int, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: text.utf8)
        for _ in 0..<max(0, width - text.terminalColumns) { bytes.append(blank) }
    }

    /// UTC, to the millisecond: workers may stand in several time zones. By hand, since a formatter takes longer than all the rest.
    private static func appendStamp(_ time: Double, to bytes: inout [UInt8]) {
        // Within the years 0 to 9999.
        let milliseconds = Int(min(max((time.isFinite ? time : 0) * 1000, -62_167_219_200_000), 253_402_300_799_999).rounded(.down))
        let (day, rest) = floorDivided(milliseconds, by: 86_400_000)
        // Days of the civil calendar, with years that begin in March.
        let shifted = day + 719_468
        let (era, dayOfEra) = floorDivided(shifted, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * month + 2) / 5 + 1
        let calendarMonth = month < 10 ? month + 3 : month - 9
        append(yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0), 4, "-", to: &bytes)
        append(calendarMonth, 2, "-", to: &bytes)
        append(date, 2, "T", to: &bytes)
        append(rest / 3_600_000, 2, ":", to: &bytes)
        append(rest / 60_000 % 60, 2, ":", to: &bytes)
        append(rest / 1000 % 60, 2, ".", to: &bytes)
        append(rest % 1000, 3, "Z", to: &bytes)
    }

    private static func append(_ value: Int, _ digits: Int, _ end: Unicode.Scalar, to bytes: inout [UInt8]) {
        var divisor = [1, 10, 100, 1000][digits - 1]
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
        bytes.append(UInt8(ascii: end))
    }

    private static func floorDivided(_ value: Int, by divisor: Int) -> (quotient: Int, rest: Int) {
        let quotient = value >= 0 ? value / divisor : (value - divisor + 1) / divisor
        return (quotient, value - quotient * divisor)
    }
}
