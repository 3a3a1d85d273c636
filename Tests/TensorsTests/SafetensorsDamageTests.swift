import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

struct SafetensorsDamageTests {
    /// A file's bytes from its header's text.
    static func file(_ header: String, data: Int) -> Data {
        var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        bytes.append(contentsOf: header.utf8)
        bytes.append(Data(repeating: 1, count: data))
        return bytes
    }

    static func sample() throws -> Data {
        let directory = try TemporaryDirectory()
        var writer = SafetensorsWriter(metadata: ["format": "pt"])
        writer.add("features.0.weight", [2, 3], randomFloats(6, seed: 1))
        writer.add("labels", [2], [Int64(3), 4])
        try writer.write(to: directory.file("a"))
        return try Data(contentsOf: URL(fileURLWithPath: directory.file("a")))
    }

    /// Reads everything that a file has; only faults may come of it.
    static func readAll(_ data: Data) throws(Problem) {
        let file = try SafetensorsFile(data: data, path: "x")
        for entry in file.entries {
            _ = entry.type.isFloatingPoint ? try file.floats(entry.name).count : try file.integers(entry.name).count
            _ = try file.rawBytes(entry.name)
        }
    }

    static let entry = #""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#

    @Test func theSampleIsWhole() throws {
        try Self.readAll(Self.sample())
        try Self.readAll(Self.file("{\(Self.entry)}   ", data: 8))
        try Self.readAll(Self.file("{}", data: 0))
        try Self.readAll(Self.file(#"{ "a" : { "data_offsets":[0, 8], "shape" : [ 2 ],"dtype":"F32" } }"#, data: 8))
    }

    @Test(arguments: [
        ("{\(entry)", 8, "brace missing"),
        ("{\(entry)}x", 8, "text behind the header"),
        (" {\(entry)}", 8, "blank before the header"),
        ("[]", 0, "not an object"),
        ("", 0, "empty header"),
        ("{\(entry)}", 7, "data cut short"),
        ("{\(entry)}", 9, "bytes behind the data"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#, 16, "tensor twice"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "overlap"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "same bytes"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#, 16, "gap"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "gap at the start"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "backwards"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}"#, 8, "three offsets"),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "shape and bytes disagree"),
        (#"{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}"#, 8, "unknown type"),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "negative dimension"),
        (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, 8, "fraction"),
        (#"{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}"#, 8, "leading zero"),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,8]}}"#, 8, "bytes overflow"),
        (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#, 8, "count overflows"),
        (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}"#, 8, "number overflows"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}"#, 8, "far outside"),
        (#"{"a":{"dtype":"F32","shape":[2]}}"#, 8, "no offsets"),
        (#"{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "field twice"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}"#, 8, "unknown field"),
        (#"{"a":null}"#, 0, "entry is null"),
        (#"{"__metadata__":{"a":1}}"#, 0, "metadata is a number"),
        (#"{"__metadata__":{"a":"1","a":"2"}}"#, 0, "metadata twice"),
        (#"{"a\uD800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "half a character"),
        (#"{"a\x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "unknown escape"),
        ("{\"a\n\":{}}", 0, "control character"),
        (String(repeating: "{\"a\":", count: 10_000), 0, "deep nesting"),
    ])
    func damagedHeadersAreRefused(header: String, data: Int, what: String) {
        let problem = #expect(throws: Problem.self, "\(what)") { try Self.readAll(Self.file(header, data: data)) }
        #expect(problem?.location?.hasPrefix("x") == true, "\(what) names the file")
    }

    @Test func faultsNameTensorAndOffset() {
        let header = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[9],"data_offsets":[8,12]}}"#
        let problem = #expect(throws: Problem.self) { try Self.readAll(Self.file(header, data: 12)) }
        #expect(problem?.what == "tensor \"b\" has 4 bytes, and F32 [9] takes 36")
        // Eight bytes of length, then the entry's place in the header.
        #expect(problem?.location == "x, offset \(8 + 54)")
    }

    @Test func invalidUTF8IsRefused() {
        var data = Self.file("{\(Self.entry)}", data: 8)
        data[10] = 0xFF
        #expect(throws: Problem.self) { try Self.readAll(data) }
    }

    /// Every length but the whole one.
    @Test func everyTruncationIsRefused() throws {
        let data = try Self.sample()
        for count in 0..<data.count { #expect(throws: Problem.self, "\(count) bytes") { try Self.readAll(data.prefix(count)) } }
    }

    /// Every single-bit flip of length and header, and every byte set to every kind of JSON character: a fault or a whole
    /// file, never a crash. Most must be faults.
    @Test func noFlippedBitCrashes() throws {
        let data = try Self.sample()
        let header = 8 + Int(data.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
        var refused = 0
        var tried = 0
        for position in 0..<header {
            let flips = (0..<8).map { data[position] ^ (1 << $0) }
            for byte in flips + [0, 0xFF] + Array("{}[]\",:\\09 ".utf8) where byte != data[position] {
                var damaged = data
                damaged[position] = byte
                tried += 1
                do throws(Problem) { try Self.readAll(damaged) } catch {
                    refused += 1
                    #expect(error.location?.hasPrefix("x") == true)
                }
            }
        }
        #expect(tried > 2000)
        #expect(refused > tried / 2)
        // The first length byte is wrong in each of its flips.
        for bit in 0..<64 {
            var damaged = data
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: Problem.self) { try Self.readAll(damaged) }
        }
    }

    /// Pairs of damages, drawn by counter.
    @Test func noRandomDamageCrashes() throws {
        let data = try Self.sample()
        var stream = RandomStream(seed: 21, purpose: .synthetic)
        for _ in 0..<5000 {
            var damaged = data
            for _ in 0...stream.nextInt(below: 4) {
                damaged[stream.nextInt(below: damaged.count)] = UInt8(stream.nextInt(below: 256))
            }
            if stream.nextBool() { damaged = damaged.prefix(stream.nextInt(below: damaged.count)) }
            do throws(Problem) { try Self.readAll(damaged) } catch { #expect(!error.what.isEmpty) }
        }
    }

    @Test func oversizedHeadersAreRefusedUnread() {
        var data = Data(repeating: 0xFF, count: 8)
        data.append(UInt8(ascii: "{"))
        #expect(throws: Problem.self) { try Self.readAll(data) }
        var large = withUnsafeBytes(of: UInt64(100_000_001)) { Data($0) }
        large.append(UInt8(ascii: "{"))
        let problem = #expect(throws: Problem.self) { try Self.readAll(large) }
        #expect(problem?.what.contains("100000000") == true)
    }

    @Test func picklesAreRefusedWithTheWayToConvertThem() {
        let zip = Data([0x50, 0x4B, 3, 4, 0, 0, 8, 8, 0, 0, 0, 0])
        let pickle = Data([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20])
        for data in [zip, pickle] {
            let problem = #expect(throws: Problem.self) { try SafetensorsFile(data: data, path: "weights.pth") }
            #expect(problem?.remedy?.contains("import torch, safetensors.torch") == true)
            #expect(problem?.remedy?.contains("torch.load(\"weights.pth\"") == true)
        }
    }

    @Test func aHeaderLengthThatLooksLikeAPickleIsNone() throws {
        // 0x0280 bytes of header: the file begins as a pickle of protocol 2 does.
        let padding = String(repeating: " ", count: 0x280 - 2)
        #expect(try SafetensorsFile(data: Self.file("{}" + padding, data: 0), path: "x").entries.isEmpty)
    }

    @Test func missingFilesAndDirectoriesAreNamed() throws {
        let directory = try TemporaryDirectory()
        let missing = #expect(throws: Problem.self) { try SafetensorsFile(path: directory.file("none")) }
        #expect(missing?.location == directory.file("none") && missing?.remedy == "no such file or directory")
        #expect(throws: Problem.self) { try SafetensorsFile(path: directory.path) }
        #expect(throws: Problem.self) { try SafetensorsFile(path: "/dev/zero") }
        try directory.write(Data(), to: "empty")
        #expect(throws: Problem.self) { try SafetensorsFile(path: directory.file("empty")) }
    }
}
