import Diagnostics
import Reporting

/// A record of the merged log, as a line for people or as JSON.
struct LogLine: Encodable {
    let id: Int
    let record: LogRecord

    init(id: Int, _ record: LogRecord) {
        self.id = id
        self.record = record
    }

    var time: Double { record.time }

    func text(colored: Bool) -> String { LogText.line(record, colored: colored) }

    private enum CodingKeys: String, CodingKey {
        case id, time, level, source, unit, message, fields
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(record.time, forKey: .time)
        try container.encode(record.level.name, forKey: .level)
        try container.encode(record.source, forKey: .source)
        try container.encodeIfPresent(record.unit, forKey: .unit)
        try container.encode(record.message, forKey: .message)
        try container.encode(record.fields, forKey: .fields)
    }
}
