import Diagnostics

extension LogRecord {
    /// What a worker wrote, under the name by which it is known, and no longer than a page of the log has room for.
    func bounded(source: String) -> LogRecord {
        var record = self
        record.source = source
        record.message = message.cut(to: 4096)
        if fields.count > 32 { record.fields = Dictionary(uniqueKeysWithValues: fields.sorted { $0.key < $1.key }.prefix(32).map { ($0.key, $0.value) }) }
        record.fields = record.fields.mapValues { $0.cut(to: 2048) }
        return record
    }
}

extension String {
    /// Its first characters, in at most so many bytes and three for the mark.
    func cut(to bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var result = ""
        var count = 0
        for scalar in unicodeScalars {
            count += String(scalar).utf8.count
            guard count <= bytes else { break }
            result.unicodeScalars.append(scalar)
        }
        return result + "…"
    }
}
