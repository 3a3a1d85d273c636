import Diagnostics
import Foundation
import Tensors

extension FuzzTarget {
    /// A safetensors file: with an odd mode as it is, else its header up to a byte 0xFF, with the length put before it, and its data.
    static let safetensors = FuzzTarget("safetensors", isJSON: true, words: [
        "\"__metadata__\":{", "\"dtype\":\"F32\"", "\"dtype\":\"F64\"", "\"dtype\":\"F16\"", "\"dtype\":\"BF16\"", "\"dtype\":\"I64\"",
        "\"dtype\":\"I32\"", "\"dtype\":\"I16\"", "\"dtype\":\"I8\"", "\"dtype\":\"U8\"", "\"dtype\":\"BOOL\"", "\"shape\":[", "\"shape\":[]",
        "\"data_offsets\":[0,", "\"data_offsets\":[", "\"a\":{", "},", "\\u00e9", "\\ud83d\\ude00", "\\ud800", "9223372036854775807",
        "4611686018427387904", "PK\u{3}\u{4}", "\u{0}", "\"images\":{", "\"labels\":{", "[0,9223372036854775807]",
    ], seeds: safetensorsSeeds) { input in
        var reader = InputReader(input)
        var bytes = Data()
        if reader.byte() & 1 == 1 {
            bytes = reader.remainder()
        } else {
            let header = reader.text()
            bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header + reader.remainder()
        }
        guard let file = try taken(input, { () throws(Problem) in try SafetensorsFile(data: bytes, path: "file") }) else { return .refused }
        var place = 0
        for entry in file.entries {
            try require(entry.offset == place, "\(entry.name) begins at \(entry.offset), not \(place)")
            place += entry.byteCount
            try require(try file.rawBytes(entry.name).count == entry.byteCount, "bytes of \(entry.name)")
            if entry.type.isFloatingPoint {
                let (floats, doubles) = (try file.floats(entry.name).array, try file.doubles(entry.name))
                try require(floats.count == entry.shape.count && doubles.count == entry.shape.count, "values of \(entry.name)")
                for (float, double) in zip(floats, doubles) {
                    try require(float.bitPattern == Float(double).bitPattern || double.isNaN && float.isNaN, "\(entry.name): \(float) and \(double)")
                }
            } else {
                try require(try file.integers(entry.name).count == entry.shape.count, "values of \(entry.name)")
            }
        }
        try checkRewriting(file)
        return .taken
    }

    /// Written anew and read from a path, a file has the same tensors.
    private static func checkRewriting(_ file: SafetensorsFile) throws {
        var writer = SafetensorsWriter(metadata: file.metadata)
        for entry in file.entries { writer.add(entry.name, entry.type, entry.shape, try file.rawBytes(entry.name)) }
        let folder = try ScratchFolder()
        try folder.add("rewritten", Data())
        let path = "\(folder.path)/rewritten"
        let digest = try writer.write(to: path)
        let again = try SafetensorsFile(path: path)
        try require(again.metadata == file.metadata && again.entries.count == file.entries.count, "written anew, other contents")
        for entry in file.entries {
            guard let other = again[entry.name] else { throw Violation("\(entry.name) is lost") }
            try require(other.type == entry.type && other.shape == entry.shape, "\(entry.name) is another")
            try require(try again.rawBytes(entry.name) == file.rawBytes(entry.name), "\(entry.name) has other bytes")
        }
        try require(digest == Digest.sha256(of: try Data(contentsOf: URL(fileURLWithPath: path))), "another digest")
    }

    private static func safetensorsSeeds() throws -> [Seed] {
        func seed(_ name: String, _ header: String, _ count: Int) -> Seed {
            Seed(name, InputWriter.make {
                $0.byte(0)
                $0.text(Data(header.utf8))
                $0.remainder(Data((0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }))
            })
        }
        var seeds = [
            seed("empty", "{}", 0),
            seed("one", #"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#, 24),
            seed("metadata", #"{"__metadata__":{"format":"pt","a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"},"b":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}  "#, 1),
            seed("nothing", #"{"a":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]},"b":{"dtype":"I8","shape":[3],"data_offsets":[0,3]}}"#, 3),
        ]
        let types = ElementType.allCases.sorted { $0.byteCount > $1.byteCount }
        var offset = 0
        let entries = types.map { type in
            defer { offset += 2 * type.byteCount }
            return "\"\(type.rawValue)\":{\"dtype\":\"\(type.rawValue)\",\"shape\":[1,2],\"data_offsets\":[\(offset),\(offset + 2 * type.byteCount)]}"
        }
        seeds.append(seed("types", "{" + entries.joined(separator: ",") + "}", offset))
        let whole = Data([0x02, 0, 0, 0, 0, 0, 0, 0]) + Data("{}".utf8)
        seeds.append(Seed("raw", Data([1]) + whole))
        seeds.append(Seed("pickle", Data([1, 0x80, 2]) + Data("}q.".utf8)))
        seeds.append(Seed("zip", Data([1]) + Data("PK".utf8) + Data([3, 4, 20, 0, 0, 0, 8, 0])))
        return seeds
    }
}
