import Diagnostics
import Foundation

// Log records on the wire come by the ten thousand a second. These write and read the same header as every other kind's, byte for
// byte, without the detour over `Codable`.

extension MessageCodec {
    /// The header of a message that carries log records; nil for other kinds, and for values that only the encoder writes.
    static func logHeader(_ envelope: Envelope) -> Data? {
        let records: [LogRecord]
        switch envelope.message {
        case .log(let batch): records = batch.records
        case .logs(let reply): records = reply.entries.map(\.record)
        default: return nil
        }
        guard records.allSatisfy({ $0.time.isFinite && $0.writtenTime?.isFinite ?? true }) else { return nil }
        var writer = JSONTextWriter(capacity: 256 + 256 * records.count)
        writer.raw("{\"body\":{")
        if case .log(let batch) = envelope.message {
            writer.raw("\"dropped\":")
            writer.integer(batch.dropped)
            writer.raw(",\"firstSequence\":")
            writer.integer(batch.firstSequence)
            writer.raw(",\"records\":[")
            for (index, record) in batch.records.enumerated() {
                if index > 0 { writer.raw(",") }
                writer.record(record)
            }
            writer.raw("]},\"kind\":\"log\"")
        } else if case .logs(let reply) = envelope.message {
            writer.raw("\"entries\":[")
            for (index, entry) in reply.entries.enumerated() {
                writer.raw(index > 0 ? ",{\"id\":" : "{\"id\":")
                writer.integer(entry.id)
                writer.raw(",\"record\":")
                writer.record(entry.record)
                writer.raw("}")
            }
            writer.raw("],\"finished\":\(reply.finished)")
            if let interrupted = reply.interrupted { writer.raw(",\"interrupted\":\(interrupted)") }
            writer.raw(",\"lastID\":\(reply.lastID)")
            if let log = reply.log {
                writer.raw(",\"log\":")
                writer.string(log)
            }
            if let missing = reply.missing { writer.raw(",\"missing\":\(missing)") }
            writer.raw("},\"kind\":\"logs\"")
        }
        writer.raw(",\"protocol\":\(protocolVersion),\"run\":")
        writer.string(envelope.run)
        writer.raw(",\"sender\":")
        writer.string(envelope.sender)
        writer.raw(",\"tensors\":[]}")
        return Data(writer.bytes)
    }

    /// A message of the kinds `log` and `logs` as `logHeader` writes it; nil for whatever differs, which the decoder has to judge.
    static func logEnvelope(_ frames: [Data]) -> Envelope? {
        guard frames.count == 1, frames[0].starts(with: opening) else { return nil }
        var reader = JSONTextReader(Array(frames[0]))
        guard reader.take("{"), reader.string() == "body", reader.take(":"), reader.take("{"), let first = reader.string(), reader.take(":") else {
            return nil
        }
        guard let message = first == "dropped" ? batch(&reader) : first == "entries" ? reply(&reader) : nil else { return nil }
        guard reader.takeField("kind"), reader.string() == message.kind.rawValue, reader.takeField("protocol"), reader.integer() == protocolVersion,
            reader.takeField("run"), let run = reader.string(), reader.takeField("sender"), let sender = reader.string(),
            reader.takeField("tensors"), reader.take("["), reader.take("]"), reader.take("}"), reader.isAtEnd
        else { return nil }
        return Envelope(run: run, sender: sender, message: message)
    }

    private static let opening = Data("{\"body\":{\"".utf8)

    private static func batch(_ reader: inout JSONTextReader) -> Message? {
        guard let dropped = reader.integer(), reader.takeField("firstSequence"), let first = reader.integer(), reader.takeField("records"),
            let records = list(&reader, { $0.record() }), reader.take("}")
        else { return nil }
        return .log(LogBatch(firstSequence: first, records: records, dropped: dropped))
    }

    private static func reply(_ reader: inout JSONTextReader) -> Message? {
        let entries = list(&reader) { reader -> LogEntry? in
            guard reader.take("{"), reader.string() == "id", reader.take(":"), let id = reader.integer(), reader.takeField("record"),
                let record = reader.record(), reader.take("}")
            else { return nil }
            return LogEntry(id: id, record: record)
        }
        guard let entries, reader.takeField("finished") else { return nil }
        guard let finished = reader.truth() else { return nil }
        var reply = LogsReply(entries: entries, lastID: 0, finished: finished)
        guard reader.take(","), var key = reader.string(), reader.take(":") else { return nil }
        if key == "interrupted" {
            guard let interrupted = reader.truth(), reader.take(","), let next = reader.string(), reader.take(":") else { return nil }
            reply.interrupted = interrupted
            key = next
        }
        guard key == "lastID", let lastID = reader.integer() else { return nil }
        reply.lastID = lastID
        while reader.take(",") {
            guard let key = reader.string(), reader.take(":") else { return nil }
            switch key {
            case "log" where reply.log == nil:
                guard let log = reader.string() else { return nil }
                reply.log = log
            case "missing" where reply.missing == nil:
                guard let missing = reader.integer() else { return nil }
                reply.missing = missing
            default: return nil
            }
        }
        return reader.take("}") ? .logs(reply) : nil
    }

    private static func list<Element>(_ reader: inout JSONTextReader, _ element: (inout JSONTextReader) -> Element?) -> [Element]? {
        guard reader.take("[") else { return nil }
        var elements: [Element] = []
        if reader.take("]") { return elements }
        repeat {
            guard let next = element(&reader) else { return nil }
            elements.append(next)
        } while reader.take(",")
        return reader.take("]") ? elements : nil
    }
}

extension JSONTextReader {
    fileprivate mutating func truth() -> Bool? { take(word: "true") ? true : take(word: "false") ? false : nil }

    /// A comma, this field's name and a colon.
    fileprivate mutating func takeField(_ name: String) -> Bool { take(",") && string() == name && take(":") }
}
