import Diagnostics
import Reporting

/// A record of the merged log, as a line for people or as JSON.
struct LogLine {
    let id: Int
    let record: LogRecord

    init(id: Int, _ record: LogRecord) {
        self.id = id
        self.record = record
    }

    var time: Double { record.time }

    /// One object with sorted keys; `written` is the time by the writer's clock where that is another than the coordinator's.
    func appendJSON(to writer: inout JSONTextWriter) {
        writer.raw("{\"fields\":")
        writer.strings(record.fields)
        writer.raw(",\"id\":")
        writer.integer(id)
        writer.raw(",\"level\":")
        writer.string(record.level.name)
        writer.raw(",\"message\":")
        writer.string(record.message)
        writer.raw(",\"source\":")
        writer.string(record.source)
        writer.raw(",\"time\":")
        writer.number(record.time)
        if let unit = record.unit {
            writer.raw(",\"unit\":")
            writer.integer(unit)
        }
        if let written = record.writtenTime {
            writer.raw(",\"written\":")
            writer.number(written)
        }
        writer.raw("}")
    }
}
