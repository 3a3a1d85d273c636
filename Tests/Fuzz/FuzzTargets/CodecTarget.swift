import Diagnostics
import Foundation
import Messages

extension FuzzTarget {
    /// Frames as a socket brings them. An input is a mode, the header up to a byte 0xFF, and blocks for the frames behind it.
    static let codec = FuzzTarget("codec", isJSON: true, words: CodecWords.all, seeds: codecSeeds) { input in
        var reader = InputReader(input)
        let isTight = reader.byte() & 1 == 1
        let codec = MessageCodec(limits: isTight ? .tight : Limits())
        var frames = [reader.text()]
        while !reader.isEmpty { frames.append(reader.block()) }

        let envelope: Envelope
        do throws(ProtocolError) { envelope = try codec.decode(frames) } catch {
            try checkMessage(error)
            return .refused
        }
        // Where a frame's bytes lie must make no difference.
        let windows = frames.map { frame in (Data([7]) + frame + Data([7])).dropFirst().dropLast() }
        try require(Same.envelopes(try codec.decode(windows), envelope), "another message from windows on larger memory")
        try checkTensors(of: envelope.message)

        let written: [Data]
        do throws(ProtocolError) { written = try codec.encode(envelope) } catch {
            // A tensor in one large frame may take more frames than there may be where it is cut anew, and a header grow longer.
            switch error {
            case .tooManyFrames, .messageTooLarge, .headerTooLarge: if isTight { return .taken }
            default: break
            }
            throw Violation("a message that was taken cannot be sent: \(error)")
        }
        let again: Envelope
        do throws(ProtocolError) { again = try codec.decode(written) } catch {
            throw Violation("what was written is refused: \(error)")
        }
        try require(Same.envelopes(again, envelope), "a message changes when it is sent on")
        try require(try codec.encode(again) == written, "a message is not written alike twice")
        return .taken
    }

    private static func checkMessage(_ error: ProtocolError) throws(Violation) {
        let text = error.problem(from: "tcp://127.0.0.1:5555").description
        try require(text.utf8.count <= 2048, "a refusal of \(text.utf8.count) bytes: \(text.prefix(200))")
    }

    private static func checkTensors(of message: Message) throws {
        let tensors: [WireTensor] = switch message {
        case .unit(let unit): unit.tensors
        case .result(let result): result.tensors
        case .samples(let samples): samples.tensors
        case .parameters(let update): update.tensors
        default: []
        }
        for tensor in tensors {
            // Reading may be refused, for another type or for memory elsewhere, and must give as many values as announced.
            let counts = [
                try? tensor.floats().count, try? tensor.doubles().count, try? tensor.int64s().count, try? tensor.uint8s().count,
            ].compactMap(\.self)
            try require(tensor.memory != nil || counts.allSatisfy { $0 == tensor.shape.count }, "\(counts) values of \(tensor.shape)")
        }
    }

    private static func codecSeeds() throws -> [Seed] {
        let folder = Places.repository("Protocols/recorded")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".frames") }.sorted()
        var seeds = try names.map { name in
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            return Seed(name, frames(try recorded(text)))
        }
        let header = #"{"protocol":1,"kind":"result","run":"r","sender":"s","unit":1,"tensors":[],"body":{"seconds":1,"figures":{"NAME":[]}}}"#
        seeds.append(Seed("long-name", frames([Data(header.replacing("NAME", with: String(repeating: "n", count: 3000)).utf8)])))
        let memory = #"{"process":1,"descriptor":1,"sequence":1,"identifier":"0123456789abcdef0123456789abcdef"}"#
        let tensor = #"{"name":"t","type":"F32","shape":[200000000],"bytes":800000000,"memory":\#(memory)}"#
        let result = #"{"protocol":1,"kind":"result","run":"r","sender":"s","unit":1,"tensors":[\#(tensor)],"body":{"seconds":1,"figures":{}}}"#
        seeds.append(Seed("vast-memory", frames([Data(result.utf8)])))
        seeds.append(Seed("no-frames", Data()))
        return seeds
    }

    private static func frames(_ frames: [Data]) -> Data {
        InputWriter.make { writer in
            writer.byte(0)
            writer.text(frames[0])
            for frame in frames.dropFirst() { writer.block(frame) }
        }
    }

    /// The text form of Protocols/recorded: `header` and frame 1 as it is, `frame` and a later one in hexadecimal digits.
    private static func recorded(_ text: String) throws -> [Data] {
        try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            if line.hasPrefix("header ") { return Data(line.dropFirst(7).utf8) }
            let digits = Array(line.dropFirst(6))
            return try Data(stride(from: 0, to: digits.count, by: 2).map { start in
                guard let byte = UInt8(String(digits[start...start + 1]), radix: 16) else { throw Violation("recorded: \(line)") }
                return byte
            })
        }
    }
}

extension Limits {
    /// Limits that short inputs reach.
    fileprivate static let tight: Limits = {
        var limits = Limits()
        limits.headerBytes = 2048
        limits.frames = 6
        limits.frameBytes = 64
        limits.messageBytes = 2300
        limits.nameBytes = 24
        limits.textBytes = 48
        limits.nesting = 6
        limits.rank = 3
        limits.chunkBytes = 16
        return limits
    }()
}

/// Equality of what travels: a figure that is no number equals itself.
private enum Same {
    static func envelopes(_ a: Envelope, _ b: Envelope) -> Bool {
        if a == b { return true }
        guard let first = try? MessageCodec().encode(a), let second = try? MessageCodec().encode(b) else { return false }
        return first == second
    }
}

private enum CodecWords {
    static let all: [String] = MessageKind.allCases.map { "\"\($0.rawValue)\"" } + [
        "\"protocol\":1", "\"kind\":", "\"run\":", "\"sender\":", "\"unit\":", "\"tensors\":[", "\"body\":{", "\"memory\":{",
        "\"bytes\":", "\"name\":", "\"shape\":[", "\"type\":\"F32\"", "\"type\":\"U8\"", "\"type\":\"I64\"", "\"type\":\"F64\"",
        "\"process\":1", "\"descriptor\":1", "\"sequence\":1", "\"identifier\":\"0123456789abcdef0123456789abcdef\"",
        "\"figures\":{", "\"seconds\":", "\"damaged\":[", "\"sample\":", "\"what\":", "\"waitedSeconds\":", "\"work\":{",
        "\"details\":{", "\"part\":{", "\"node\":{", "\"level\":", "\"index\":", "\"shards\":[", "\"shardCount\":",
        "\"sampleIndices\":[", "\"thresholds\":[", "\"facts\":{", "\"splits\":[", "\"records\":[", "\"fields\":{", "\"metrics\":{",
        "\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "null", "true", "false", "-0", "1e400", "9007199254740993",
        "18446744073709551615", "9223372036854775807", "-9223372036854775808", "\\ud800", "\\u0000", "{}", "[]", ",", "\u{0}", "\u{1}",
    ]
}
