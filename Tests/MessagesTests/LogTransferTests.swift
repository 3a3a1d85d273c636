import Diagnostics
import Foundation
import Messages
import Testing

/// Log records have a way of their own to JSON and back. It must be the same JSON.
@Suite struct LogTransferTests {
    private static let odd = "a \"b\" \\ /\n\r\t\u{8}\u{C}\u{1}\u{1F} ü 名前 🙂 \u{7F}\u{2028}"
    private static let records = [
        LogRecord(time: 1_700_000_000.123456, level: .info, source: "anna", unit: .max, message: odd, fields: ["a": "1", "step.id": odd, "é": ""]),
        LogRecord(time: -1.5e-7, level: .error, source: "", message: "", fields: [:], writtenTime: 12),
        LogRecord(time: 0, level: .debug, source: "b", unit: 0, message: "m", fields: ["one": "field"]),
        LogRecord(time: 9_007_199_254_740_992, level: .warning, source: "c", message: "e", fields: ["b": "2", "B": "1", "a.b": "0", "a-b": "", "a": "x"]),
    ]
    private static let messages: [Message] = [
        .log(LogBatch(firstSequence: 17, records: records, dropped: 3)), .log(LogBatch(firstSequence: 1, records: [])),
        .logs(LogsReply(entries: records.enumerated().map { LogEntry(id: $0 + 1, record: $1) }, lastID: 9, finished: false)),
        .logs(LogsReply(entries: [], lastID: 0, finished: true, interrupted: true, missing: 5, log: "name \"of\" a log")),
        .logs(LogsReply(entries: [LogEntry(id: 3, record: records[0])], lastID: 3, finished: true, log: "x")),
    ]

    private func header(_ message: Message) throws -> Data {
        try MessageCodec().encode(Envelope(run: "r \"1\"", sender: "ü", message: message))[0]
    }

    @Test(arguments: messages) func itReadsBack(_ message: Message) throws {
        let envelope = try MessageCodec().decode([try header(message)])
        #expect(envelope.message == message && envelope.run == "r \"1\"" && envelope.sender == "ü")
    }

    /// Foundation reads it as the same, and writes it the same.
    @Test(arguments: messages) func itIsTheJSONOfEveryOtherKind(_ message: Message) throws {
        let data = try header(message)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["protocol"] as? Int == 1 && object["run"] as? String == "r \"1\"" && (object["tensors"] as? [Any])?.isEmpty == true)
        let body = try JSONSerialization.data(withJSONObject: #require(object["body"]))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let expected: Data
        switch message {
        case .log(let batch):
            #expect(object["kind"] as? String == "log")
            #expect(try JSONDecoder().decode(LogBatch.self, from: body) == batch)
            expected = try encoder.encode(batch)
        case .logs(let reply):
            #expect(object["kind"] as? String == "logs")
            #expect(try JSONDecoder().decode(LogsReply.self, from: body) == reply)
            expected = try encoder.encode(reply)
        default: return
        }
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.hasPrefix("{\"body\":" + String(decoding: expected, as: UTF8.self) + ",\"kind\""), "\(text)")
    }

    /// What is written otherwise is read all the same: by other programs, of other versions.
    @Test func otherSpellingsAreRead() throws {
        let body = #"{"records": [{"time": 1.5e0, "level": 1, "source": "w", "message": "a\u00fcb", "fields": {}, "colour": [1, 2]}], "dropped": 0, "firstSequence": 4, "more": null}"#
        let text = #"{"kind": "log", "protocol": 1, "run": "", "sender": "w", "body": "# + body + "}"
        let expected = LogBatch(firstSequence: 4, records: [LogRecord(time: 1.5, level: .info, source: "w", message: "aüb")])
        #expect(try MessageCodec().decode([Data(text.utf8)]).message == .log(expected))
        let first = #"{"body":{"dropped":0,"firstSequence":4,"records":[{"fields":{},"level":1,"message":"a\u00fcb","source":"w","time":1.5,"x":1}]},"kind":"log","protocol":1,"run":"","sender":"w","tensors":[]}"#
        #expect(try MessageCodec().decode([Data(first.utf8)]).message == .log(expected))
    }

    /// Nothing is taken that the decoder would refuse.
    @Test(arguments: [
        "\"firstSequence\":0", "\"firstSequence\":01", "\"firstSequence\":1.5", "\"time\":NaN", "\"time\":1.", "\"time\":1e999", "\"time\":\"1\"",
        "\"level\":4", "\"level\":\"info\"", "\"message\":7", "\"message\":\"\n\"", "\"message\":\"\\x\"", "\"source\":\"a\u{7}\"", "\"fields\":{\"a\":1}",
        "\"fields\":[]", "\"kind\":\"logs\"", "\"protocol\":2", "\"tensors\":[1]", "\"records\":{}",
    ])
    func damageIsRefused(_ part: String) throws {
        let good = #"{"body":{"dropped":0,"firstSequence":4,"records":[{"fields":{},"level":1,"message":"m","source":"w","time":1.5}]},"kind":"log","protocol":1,"run":"","sender":"w","tensors":[]}"#
        _ = try MessageCodec().decode([Data(good.utf8)])
        let name = try #require(part.split(separator: ":").first)
        let pattern = try Regex(String(name) + #":(\[\{.*\}\]|\{\}|\[\]|"[a-z]*"|[0-9.]+)"#)
        let bad = good.replacing(pattern, with: part, maxReplacements: 1)
        try #require(bad != good)
        #expect(throws: ProtocolError.self) { try MessageCodec().decode([Data(bad.utf8)]) }
        for cut in stride(from: 0, to: good.utf8.count, by: 7) {
            #expect(throws: ProtocolError.self) { try MessageCodec().decode([Data(good.utf8.prefix(cut))]) }
        }
    }
}
