import Diagnostics
import Messages

/// The last records of the log, under numbers of their own.
package struct LogTail: Sendable {
    package struct Entry: Sendable {
        package let number: Int
        package let record: LogRecord
    }

    package static let mostEntries = 500
    /// Bytes of a message or a value that are kept.
    private static let textBytes = 1000
    private static let mostFields = 24

    package private(set) var entries: [Entry] = []
    package private(set) var last = 0

    package init() {}

    package mutating func add(_ record: LogRecord) {
        last += 1
        var record = record
        record.message = record.message.shortened(to: Self.textBytes)
        record.source = record.source.shortened(to: Self.textBytes)
        let fields = record.fields.sorted { $0.key < $1.key }.prefix(Self.mostFields)
        record.fields = Dictionary(uniqueKeysWithValues: fields.map { ($0.key, $0.value.shortened(to: Self.textBytes)) })
        entries.append(Entry(number: last, record: record))
        // Not one by one: taking the first of an array moves all others.
        if entries.count >= 2 * Self.mostEntries { entries.removeFirst(entries.count - Self.mostEntries) }
    }

    /// Records after a number, at most `limit`, and how many between that are not kept any more.
    package func after(_ number: Int, limit: Int) -> (entries: ArraySlice<Entry>, missed: Int) {
        guard let first = entries.first?.number, number < last else { return ([], 0) }
        let start = max(0, number + 1 - first)
        return (entries[start..<min(entries.count, start + limit)], max(0, first - number - 1))
    }
}
