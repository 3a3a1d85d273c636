import Foundation
import Messages
import Tensors
import TestSupport
import Testing

@Suite struct MalformedTests {
    let codec = MessageCodec()

    /// A header by hand: JSON text with the tensor table and body given.
    private func header(
        version: String = "1", kind: String = "result", unit: String = #""unit":7,"#, tensors: String = "[]",
        body: String = #"{"figures":{},"seconds":1}"#
    ) -> Data {
        Data(#"{"protocol":\#(version),"kind":"\#(kind)","run":"r","sender":"anna",\#(unit)"tensors":\#(tensors),"body":\#(body)}"#.utf8)
    }

    private func table(_ shape: String, bytes: String, type: String = "F32", name: String = "a") -> Data {
        header(tensors: #"[{"name":"\#(name)","type":"\#(type)","shape":\#(shape),"bytes":\#(bytes)}]"#)
    }

    private func error(_ frames: [Data], limits: Limits = Limits()) -> ProtocolError? {
        #expect(throws: ProtocolError.self) { try MessageCodec(limits: limits).decode(frames) }
    }

    /// The body of a survey's unit.
    private static func survey(node: String, shards: String) -> String {
        #"{"needs":[],"work":{"kind":"survey","details":{"wantHeads":true,"wantLabelSums":true,"part":"#
            + #"{"node":\#(node),"shardCount":4,"shards":\#(shards)}}}}"#
    }

    @Test func handMadeHeaderIsRead() throws {
        let envelope = try codec.decode([table("[2]", bytes: "8"), Data(count: 8)])
        #expect(envelope == Samples.from("anna", run: "r", .result(
            UnitResult(unit: 7, seconds: 1, tensors: [WireTensor("a", [2], floats: [0, 0])]))))
    }

    @Test func unknownFieldsAreIgnored() throws {
        let text = #"{"protocol":1,"kind":"goodbye","run":"","sender":"x","tensors":[],"later":[{}],"body":{"reason":"r","mood":1}}"#
        #expect(try codec.decode([Data(text.utf8)]).message == .goodbye(Goodbye(reason: "r")))
    }

    @Test func versionsNameTheOlderSide() {
        #expect(error([header(version: "2")]) == .unsupportedVersion(theirs: 2, ours: 1))
        #expect(error([Data(#"{"protocol":0}"#.utf8)]) == .unsupportedVersion(theirs: 0, ours: 1), "nothing else need be known")
        #expect(ProtocolError.unsupportedVersion(theirs: 2, ours: 1).description.hasSuffix("this side is too old"))
        #expect(ProtocolError.unsupportedVersion(theirs: 0, ours: 1).description.hasSuffix("the other side is too old"))
    }

    @Test func unknownKindsAreNamed() {
        #expect(error([header(kind: "dance")]) == .unknownKind("dance"))
        let body = #"{"needs":[],"work":{"kind":"dream","details":{}}}"#
        #expect(error([header(kind: "unit", body: body)]) == .unknownUnitKind("dream", unit: 7))
    }

    /// A refusal is sent back and logged: it must not carry whatever the peer put into a name, not even one character made of many.
    @Test func refusalsQuoteLittle() throws {
        for text in [String(repeating: "n", count: 100_000), "e" + String(repeating: "\u{301}", count: 100_000)] {
            let body = #"{"figures":{"\#(text)":[]},"seconds":1}"#
            let errors = [
                error([header(body: body)]), error([header(kind: text)]), error([table("[2]", bytes: "8", type: text), Data(count: 8)]),
                error([table("[2]", bytes: "8", name: text), Data(count: 8)]),
                error([header(kind: "unit", body: #"{"needs":[],"work":{"kind":"\#(text)","details":{}}}"#)]),
            ]
            for error in errors {
                let error = try #require(error)
                #expect(error.description.utf8.count < 800)
                #expect(error.description.contains("…"))
            }
        }
    }

    @Test func truncatedMessagesAreRefused() throws {
        #expect(error([]) == .noFrames)
        for (name, envelope) in Samples.all {
            let frames = try codec.encode(envelope)
            for count in stride(from: 0, to: frames[0].count, by: 7) {
                #expect(throws: ProtocolError.self, "\(name) cut at \(count)") {
                    try codec.decode([frames[0].prefix(count)] + frames.dropFirst())
                }
            }
            if frames.count > 1 {
                #expect(throws: ProtocolError.self, "\(name) without its last frame") { try codec.decode(frames.dropLast()) }
            }
            #expect(throws: ProtocolError.self, "\(name) with a frame too many") { try codec.decode(frames + [Data([1])]) }
        }
    }

    @Test func oversizedMessagesAreRefused() {
        var limits = Limits()
        limits.headerBytes = 200
        limits.frames = 3
        limits.frameBytes = 300
        limits.messageBytes = 500
        #expect(error([Data(count: 201)], limits: limits) == .headerTooLarge(bytes: 201, limit: 200))
        #expect(error([header(), Data(), Data(), Data()], limits: limits) == .tooManyFrames(count: 4, limit: 3))
        #expect(error([header(), Data(count: 301)], limits: limits) == .frameTooLarge(frame: 2, bytes: 301, limit: 300))
        let total = header().count + 600
        #expect(error([header(), Data(count: 300), Data(count: 300)], limits: limits) == .messageTooLarge(bytes: total, limit: 500))
    }

    @Test func senderKeepsTheLimitsToo() {
        let long = Samples.from("anna", .goodbye(Goodbye(reason: String(repeating: "a", count: 70_000))))
        #expect(throws: ProtocolError.self) { try codec.encode(long) }
        let twice = WireTensor("a", [1], floats: [1])
        #expect(throws: ProtocolError.self) {
            try codec.encode(Samples.from("anna", .result(UnitResult(unit: 1, seconds: 0, tensors: [twice, twice]))))
        }
        #expect(throws: ProtocolError.self) { try codec.encode(Samples.from("a\u{1B}[2J", .statusRequest(StatusRequest()))) }
    }

    @Test(arguments: [
        ("[-1]", "0"), ("[-1,-1]", "4"), ("[4611686018427387904,2]", "0"), ("[9223372036854775807]", "0"), ("[3037000500,3037000500]", "4"),
        ("[1e30]", "4"), ("[0.5]", "4"), ("[\"2\"]", "8"), ("[NaN]", "4"), ("null", "4"), ("[2]", "-8"), ("[2]", "7"), ("[2]", "1e400"),
        ("[1,1,1,1,1,1,1,1,2]", "8"),
    ])
    func impossibleTensorsAreRefused(shape: String, bytes: String) {
        _ = error([table(shape, bytes: bytes), Data(count: 8)])
    }

    @Test func tensorTableMustFitTheFrames() {
        #expect(error([table("[2]", bytes: "8", type: "F31"), Data(count: 8)]) == .badTensor(name: "a", reason: "unknown element type \"F31\""))
        for count in [0, 7, 9] { _ = error([table("[2]", bytes: "8"), Data(count: count)]) }
        _ = error([table("[2]", bytes: "8"), Data(count: 4), Data(), Data(count: 4)])
        _ = error([table("[2]", bytes: "8"), Data(count: 4), Data(count: 5)])
        _ = error([table("[250000000]", bytes: "1000000000"), Data(count: 4), Data(count: 4)])
        _ = error([table("[2]", bytes: "8", name: ""), Data(count: 8)])
        _ = error([table("[2]", bytes: "8", name: String(repeating: "n", count: 300)), Data(count: 8)])
        _ = error([table("[2]", bytes: "8", name: #"a\u001b[2J"#), Data(count: 8)])
    }

    @Test(arguments: [
        (#"{"process":0,"descriptor":7,"identifier":"I","sequence":1}"#, "F32", "8"),
        (#"{"process":4294967297,"descriptor":7,"identifier":"I","sequence":1}"#, "F32", "8"),
        (#"{"process":1,"descriptor":-1,"identifier":"I","sequence":1}"#, "F32", "8"),
        (#"{"process":1,"descriptor":7,"identifier":"I","sequence":0}"#, "F32", "8"),
        (#"{"process":1,"descriptor":7,"identifier":"../../etc/passwd","sequence":1}"#, "F32", "8"),
        (#"{"process":1,"descriptor":7,"sequence":1}"#, "F32", "8"),
        (#"{"process":1,"descriptor":7,"identifier":"I","sequence":1}"#, "F64", "16"),
        (#"{"process":1,"descriptor":7,"identifier":"I","sequence":1}"#, "F32", "12"),
        (#""/dev/shm/x""#, "F32", "8"),
    ])
    func impossibleMemoryIsRefused(memory: String, type: String, bytes: String) {
        let memory = memory.replacingOccurrences(of: #""I""#, with: #""0123456789abcdef0123456789abcdef""#)
        let tensors = #"[{"name":"a","type":"\#(type)","shape":[2],"bytes":\#(bytes),"memory":\#(memory)}]"#
        _ = error([header(tensors: tensors)])
    }

    @Test func memoryTakesNoFrameAndKeepsToTheLimits() throws {
        let memory = #"{"process":1,"descriptor":7,"identifier":"0123456789abcdef0123456789abcdef","sequence":1}"#
        let tensors = #"[{"name":"a","type":"F32","shape":[2],"bytes":8,"memory":\#(memory)}]"#
        guard case .result(let result) = try codec.decode([header(tensors: tensors)]).message else {
            Issue.record("no result")
            return
        }
        #expect(result.tensors[0].memory?.descriptor == 7)
        #expect(throws: ProtocolError.self, "nothing has been mapped") { try result.tensors[0].floats() }
        #expect(error([header(tensors: tensors), Data(count: 8)]) == .frameCount(announced: "0 frames", arrived: 1))
        var limits = Limits()
        limits.memoryBytes = 1024
        let large = tensors.replacingOccurrences(of: "[2]", with: "[300]").replacingOccurrences(of: ":8,", with: ":1200,")
        #expect(error([header(tensors: large)], limits: limits) == .badTensor(name: "a", reason: "1200 bytes of memory, more than 1024"))
    }

    @Test func deepNestingIsRefusedBeforeParsing() {
        let deep = Data((#"{"a":"# + String(repeating: "[", count: 500_000)).utf8)
        #expect(error([deep]) == .nestedTooDeeply(limit: 16))
        // Brackets in strings are text.
        let text = #"{"protocol":1,"kind":"goodbye","run":"","sender":"x","body":{"reason":"\#(String(repeating: #"[{\""#, count: 100))"}}"#
        #expect(throws: Never.self) { try codec.decode([Data(text.utf8)]) }
    }

    @Test func handMadeUnitIsRead() throws {
        let body = Self.survey(node: #"{"level":0,"index":3}"#, shards: #"[{"index":3,"sampleIndices":[1]}]"#)
        let part = TreePart(node: TreeNode(level: 0, index: 3), shardCount: 4, shards: [ShardSlice(index: 3, sampleIndices: [1])])
        let unit = WorkUnit(id: 7, needs: [], work: .survey(SurveyUnit(wantHeads: true, wantLabelSums: true, part: part)))
        #expect(try codec.decode([header(kind: "unit", body: body)]).message == .unit(unit))
    }

    @Test func foreignEncodingsAreRefused() throws {
        let text = String(decoding: header(), as: UTF8.self)
        for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32] {
            _ = error([try #require(text.data(using: encoding))])
        }
        _ = error([header(kind: "x") + Data([0xFF, 0xFE])])
        _ = error([Data("[]".utf8)])
    }

    @Test(arguments: [
        (#"{"figures":{},"seconds":-1}"#, "result"), (#"{"figures":{},"seconds":"NaN"}"#, "result"), (#"{"figures":{}}"#, "result"),
        (#"{"figures":{"loss":"much"},"seconds":1}"#, "result"),
        (#"{"sequence":-1,"lanesBusy":0,"residentBytes":0,"unitsDone":0}"#, "heartbeat"),
        (#"{"sequence":9223372036854775807,"lanesBusy":0,"residentBytes":0,"unitsDone":0}"#, "heartbeat"),
        // A shard without number, shards out of order, a node beyond any tree.
        (Self.survey(node: #"{"level":0,"index":0}"#, shards: #"[{"index":-1,"sampleIndices":[]}]"#), "unit"),
        (Self.survey(node: #"{"level":1,"index":0}"#, shards: #"[{"index":1,"sampleIndices":[1]},{"index":0,"sampleIndices":[2]}]"#), "unit"),
        (Self.survey(node: #"{"level":99,"index":0}"#, shards: #"[{"index":0,"sampleIndices":[1]}]"#), "unit"),
        (#"{"needs":[],"work":{"kind":"filters","details":{"layer":"conv1","firstFilter":0,"filterCount":-4,"threshold":0.3,"labels":3,"positions":1}}}"#, "unit"),
        (#"{"reason":7}"#, "goodbye"), ("[]", "goodbye"), ("7", "status-request"),
    ])
    func senselessValuesAreRefused(body: String, kind: String) {
        _ = error([header(kind: kind, body: body)])
    }

    @Test func unitsNeedTheirNumber() {
        #expect(error([header(unit: "")]) == .badField(kind: "result", field: "unit", reason: "is missing"))
        _ = error([header(unit: #""unit":-1,"#)])
    }

    @Test func flippedBitsNeverCrash() throws {
        var stream = RandomStream(seed: 7, purpose: .synthetic)
        func draw(_ bound: Int) -> Int { min(bound - 1, Int(Double(stream.nextUniform()) * Double(bound))) }
        var refused = 0
        for (_, envelope) in Samples.all {
            let frames = try codec.encode(envelope)
            for _ in 0..<500 {
                var damaged = frames.map { Data($0) }
                for _ in 0...draw(3) {
                    let frame = draw(damaged.count)
                    guard !damaged[frame].isEmpty else { continue }
                    damaged[frame][draw(damaged[frame].count)] ^= 1 << UInt8(draw(8))
                }
                do {
                    let decoded = try codec.decode(damaged)
                    // What is taken can be sent on.
                    _ = try codec.encode(decoded)
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > Samples.all.count * 100)
    }
}
