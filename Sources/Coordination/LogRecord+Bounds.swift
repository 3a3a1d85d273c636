import Diagnostics
import Messages

extension LogRecord {
    /// What a worker wrote, under the name by which it is known, and no longer than a page of the log has room for.
    func bounded(source: String) -> LogRecord {
        var record = self
        record.source = source
        record.message = message.shortened(to: 4096)
        if fields.count > 32 { record.fields = Dictionary(uniqueKeysWithValues: fields.sorted { $0.key < $1.key }.prefix(32).map { ($0.key, $0.value) }) }
        record.fields = record.fields.mapValues { $0.shortened(to: 2048) }
        return record
    }
}
