import Foundation
import Messages
import Testing

/// Protocols/recorded holds the bytes of every sample. They must be what this build writes and reads: whoever changes a
/// message on purpose records again, with FILTERSCOPE_RECORD=1 in the environment, and shows the change in the diff.
@Suite struct RecordedFramesTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Protocols/recorded")
    private static let records = ProcessInfo.processInfo.environment["FILTERSCOPE_RECORD"] == "1"

    @Test(arguments: Samples.all.indices)
    func sampleIsAsRecorded(index: Int) throws {
        let (name, envelope) = Samples.all[index]
        let file = Self.folder.appendingPathComponent(name + ".frames")
        let frames = try MessageCodec().encode(envelope)
        if Self.records { try RecordedFrames.text(name, frames).write(to: file, atomically: true, encoding: .utf8) }
        let recorded = try RecordedFrames.frames(in: String(contentsOf: file, encoding: .utf8))
        #expect(recorded == frames, "\(name) is written differently: record it again if that is meant")
        #expect(try MessageCodec().decode(recorded) == envelope, "\(name) is read differently")
    }

    @Test func everyRecordingHasASample() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".frames") }
        #expect(Set(files) == Set(Samples.all.map { $0.name + ".frames" }))
    }

    @Test func everyKindHasASchemaThatNamesItsFields() throws {
        for (name, envelope) in Samples.all {
            let kind = envelope.message.kind.rawValue
            let file = Self.folder.deletingLastPathComponent().appendingPathComponent("schemas/\(kind).schema.json")
            let schema = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
            let header = try #require(try JSONSerialization.jsonObject(with: MessageCodec().encode(envelope)[0]) as? [String: Any])
            #expect(SchemaCheck.faults(of: header, by: schema) == [], "\(name)")
        }
    }
}

/// The text form: `#` begins a comment, `header` is followed by frame 1 as it is, `frame` by a later frame in
/// hexadecimal digits; one line each, in the order of the frames.
enum RecordedFrames {
    struct Unreadable: Error { let line: String }

    static func text(_ name: String, _ frames: [Data]) -> String {
        let header = "header " + String(decoding: frames[0], as: UTF8.self)
        let rest = frames.dropFirst().map { "frame " + $0.map { String(format: "%02x", $0) }.joined() }
        return (["# One \(name) message, see ../README.md", header] + rest).joined(separator: "\n") + "\n"
    }

    static func frames(in text: String) throws -> [Data] {
        try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            if line.hasPrefix("header ") { return Data(line.dropFirst(7).utf8) }
            guard line.hasPrefix("frame ") else { throw Unreadable(line: String(line)) }
            let digits = Array(line.dropFirst(6))
            return try Data(stride(from: 0, to: digits.count, by: 2).map { start in
                guard start + 1 < digits.count, let byte = UInt8(String(digits[start...start + 1]), radix: 16) else {
                    throw Unreadable(line: String(line))
                }
                return byte
            })
        }
    }
}
