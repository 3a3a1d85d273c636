import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

struct SafetensorsTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func everythingComesBack() throws {
        let path = directory.file("a.safetensors")
        let weights = Tensor([2, 3], [1, -2, .infinity, 0.1, -0.0, .leastNonzeroMagnitude])
        var writer = SafetensorsWriter(metadata: ["format": "pt", "note": "a \"quoted\"\\ line\nand ü, 🙂, \u{1}"])
        writer.add("weights", weights)
        writer.add("labels", [4], [Int64.min, -1, 0, .max])
        writer.add("sums", [2], [0.1, -1e300])
        writer.add("bytes", .uint8, [3], Data([0, 128, 255]))
        writer.add("scalar", [], [Float(7)])
        writer.add("nothing", [0, 5], [Float]())
        let digest = try writer.write(to: path)
        #expect(try Digest.sha256(ofFile: path) == digest)

        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == writer.metadata)
        #expect(file.entries.count == 6)
        #expect(try file.floats("weights").shape == [2, 3])
        #expect(try file.floats("weights").array.map(\.bitPattern) == weights.array.map(\.bitPattern))
        #expect(try file.integers("labels") == [.min, -1, 0, .max])
        #expect(try file.doubles("sums") == [0.1, -1e300])
        #expect(try file.integers("bytes") == [0, 128, 255])
        #expect(try Array(file.rawBytes("bytes")) == [0, 128, 255])
        #expect(try file.floats("scalar") == Tensor([], [7]))
        #expect(try file.floats("nothing").count == 0)
        #expect(file.contains("sums") && !file.contains("sum"))
    }

    @Test func bytesAreAFunctionOfWhatWasAdded() throws {
        func write(_ name: String) throws -> Data {
            var writer = SafetensorsWriter(metadata: Dictionary(uniqueKeysWithValues: (0..<50).map { ("key\($0)", "\($0)") }))
            for index in 0..<20 { writer.add("tensor\(index)", [index], randomFloats(index, seed: UInt64(index))) }
            try writer.write(to: directory.file(name))
            return try Data(contentsOf: URL(fileURLWithPath: directory.file(name)))
        }
        let first = try write("a")
        #expect(try write("b") == first)
        let length = first.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        #expect(length % 8 == 0, "tensors begin on a multiple of 8 bytes")
    }

    @Test func theHeaderIsTheFormatsOwn() throws {
        var writer = SafetensorsWriter(metadata: ["b": "2", "a": "1"])
        writer.add("u", .uint8, [1], Data([9]))
        writer.add("w", [2, 1], [Float](repeating: 1, count: 2))
        try writer.write(to: directory.file("a"))
        let data = try Data(contentsOf: URL(fileURLWithPath: directory.file("a")))
        let expected = """
            {"__metadata__":{"a":"1","b":"2"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},\
            "u":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}
            """
        let header = try #require(String(data: data.dropFirst(8).dropLast(9), encoding: .utf8))
        #expect(header.trimmingCharacters(in: .whitespaces) == expected)
        #expect(data.suffix(9) == Data([0, 0, 128, 63, 0, 0, 128, 63, 9]))
    }

    @Test func halvesAreWidenedExactly() throws {
        func words(_ values: [UInt16]) -> Data { values.withUnsafeBytes { Data($0) } }
        var writer = SafetensorsWriter()
        // 1, −2, largest, smallest subnormal, infinity
        writer.add("half", .float16, [5], words([0x3C00, 0xC000, 0x7BFF, 0x0001, 0x7C00]))
        writer.add("brain", .bfloat16, [4], words([0x3F80, 0xC000, 0x7F7F, 0xFF80]))
        writer.add("double", [3], [0.1, 1e40, -1])
        try writer.write(to: directory.file("a"))
        let file = try SafetensorsFile(path: directory.file("a"))
        #expect(try file.floats("half").array == [1, -2, 65504, 0x1p-24, .infinity])
        #expect(try file.doubles("half") == [1, -2, 65504, 0x1p-24, .infinity])
        #expect(try file.floats("brain").array == [1, -2, 0x1.FEp127, -.infinity])
        #expect(try file.floats("double").array == [0.1, .infinity, -1])
    }

    @Test func wholeNumbersOfEveryWidth() throws {
        func bytes<Value: FixedWidthInteger>(_ values: [Value]) -> Data { values.withUnsafeBytes { Data($0) } }
        var writer = SafetensorsWriter()
        writer.add("i32", .int32, [2], bytes([Int32.min, 5]))
        writer.add("i16", .int16, [2], bytes([Int16.min, 5]))
        writer.add("i8", .int8, [2], bytes([Int8.min, 5]))
        writer.add("bool", .bool, [2], Data([0, 1]))
        try writer.write(to: directory.file("a"))
        let file = try SafetensorsFile(path: directory.file("a"))
        #expect(try file.integers("i32") == [-2_147_483_648, 5])
        #expect(try file.integers("i16") == [-32768, 5])
        #expect(try file.integers("i8") == [-128, 5])
        #expect(try file.integers("bool") == [0, 1])
    }

    @Test func wrongQuestionsAreAnsweredWithFaults() throws {
        let path = directory.file("a")
        var writer = SafetensorsWriter()
        writer.add("features.0.weight", [4], [Float](repeating: 1, count: 4))
        writer.add("labels", [1], [Int64(1)])
        try writer.write(to: path)
        let file = try SafetensorsFile(path: path)
        let missing = #expect(throws: Problem.self) { try file.floats("feature.0.weight") }
        #expect(missing?.remedy == "did you mean \"features.0.weight\"?")
        let type = #expect(throws: Problem.self) { try file.floats("labels") }
        #expect(type?.what.contains("I64") == true && type?.location?.contains("offset") == true)
        #expect(throws: Problem.self) { try file.integers("features.0.weight") }
        #expect(throws: Problem.self) { try file.doubles("labels") }
        var tensor = Tensor([5])
        #expect(throws: Problem.self) { try tensor.withMutableBuffer { buffer throws(Problem) in try file.read("features.0.weight", into: buffer) } }
    }

    @Test func vectorsGoOutAndComeBack() throws {
        let vector = ParameterVector(TensorLayout([("a", [3]), ("b", [2, 2])]))
        vector.buffer("a").copy(from: [1, 2, 3])
        vector.buffer("b").copy(from: [4, 5, 6, 7])
        var writer = SafetensorsWriter()
        writer.add(vector, prefix: "network/")
        try writer.write(to: directory.file("a"))
        let file = try SafetensorsFile(path: directory.file("a"))
        #expect(file.entries.map(\.name) == ["network/a", "network/b"])
        #expect(try file.floats("network/b") == Tensor([2, 2], [4, 5, 6, 7]))
    }

    /// Bytes that the reference implementation wrote (safetensors 0.8.0, through numpy and torch).
    @Test func filesOfTheReferenceImplementationAreRead() throws {
        let numpy = try #require(Data(base64Encoded: """
            OAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJrIjoiw7xcIngifSwibCI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6\
            WzAsMTZdfSwiZSI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMCwzXSwiZGF0YV9vZmZzZXRzIjpbMTYsMTZdfSwidyI6eyJkdHlwZSI6IkYzMiIs\
            InNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbMTYsNDBdfSwiaCI6eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6\
            WzQwLDQ0XX0sImIiOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbNDQsNDZdfX0gICADAAAAAAAAAPz/////////\
            AAAAAAAAgD8AAABAAABAQAAAgEAAAKBAAD4AwAEA
            """))
        let file = try SafetensorsFile(data: numpy, path: "numpy")
        #expect(file.metadata == ["k": "ü\"x"])
        #expect(file.entries.map(\.name) == ["l", "e", "w", "h", "b"])
        #expect(try file.floats("w") == Tensor([2, 3], [0, 1, 2, 3, 4, 5]))
        #expect(try file.floats("h").array == [1.5, -2])
        #expect(try file.floats("e").shape == [0, 3])
        #expect(try file.integers("l") == [3, -4])
        #expect(try file.integers("b") == [1, 0])

        let torch = try #require(Data(base64Encoded: """
            eAAAAAAAAAB7InciOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsMl0sImRhdGFfb2Zmc2V0cyI6WzAsMTZdfSwiYmYiOnsiZHR5cGUiOiJCRjE2\
            Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMTYsMjBdfX0gICAgICAAAIA/AACAPwAAgD8AAIA/wD8AwA==
            """))
        let second = try SafetensorsFile(data: torch, path: "torch")
        #expect(try second.floats("w") == Tensor([2, 2], [1, 1, 1, 1]))
        #expect(try second.floats("bf").array == [1.5, -2])
    }
}
