import Diagnostics
import Messages

extension LogRecord {
    private static let (messageBytes, fieldCount, valueBytes) = (4096, 32, 2048)

    /// What a worker wrote, under the name by which it is known, and no longer than a page of the log has room for.
    func bounded(source: String) -> LogRecord {
        var record = self
        record.source = source
        // By our clock alone is it known that a time is another's.
        record.writtenTime = nil
        if message.utf8.count > Self.messageBytes { record.message = message.shortened(to: Self.messageBytes) }
        if fields.count > Self.fieldCount {
            record.fields = Dictionary(uniqueKeysWithValues: fields.sorted { $0.key < $1.key }.prefix(Self.fieldCount).map { ($0.key, $0.value) })
        }
        if record.fields.values.contains(where: { $0.utf8.count > Self.valueBytes }) {
            record.fields = record.fields.mapValues { $0.shortened(to: Self.valueBytes) }
        }
        return record
    }
}
