import Diagnostics
import Foundation

/// Collects tensors and writes them as a safetensors file. Equal tensors and metadata in equal order give equal bytes.
///
///     var writer = SafetensorsWriter(metadata: ["format": "pt"])
///     writer.add("features.0.weight", tensor)
///     let digest = try writer.write(to: "weights.safetensors")
public struct SafetensorsWriter {
    private enum Source {
        case data(Data)
        case buffer(FloatBuffer)
        case tensor(Tensor)
        case parts(Int, (Int) throws(Problem) -> [Float])
    }

    private struct Item {
        let name: String
        let type: ElementType
        let shape: Shape
        let source: Source
        var byteCount: Int { shape.count * type.byteCount }
    }

    public var metadata: [String: String]
    private var items: [Item] = []
    private var names: Set<String> = []

    public init(metadata: [String: String] = [:]) { self.metadata = metadata }

    /// - Parameter data: little-endian elements.
    /// - Precondition: the name is new, and `data` has as many bytes as type and shape ask for.
    public mutating func add(_ name: String, _ type: ElementType, _ shape: Shape, _ data: Data) {
        add(Item(name: name, type: type, shape: shape, source: .data(data)), byteCount: data.count)
    }

    /// Elements are taken when the file is written: the buffer's owner must live, and hold still, until then.
    public mutating func add(_ name: String, _ shape: Shape, _ buffer: FloatBuffer) {
        add(Item(name: name, type: .float32, shape: shape, source: .buffer(buffer)), byteCount: buffer.bytes.count)
    }

    public mutating func add(_ name: String, _ tensor: Tensor) {
        add(Item(name: name, type: .float32, shape: tensor.shape, source: .tensor(tensor)), byteCount: 4 * tensor.count)
    }

    public mutating func add(_ name: String, _ shape: Shape, _ values: [Float]) {
        add(name, .float32, shape, values.withUnsafeBytes { Data($0) })
    }

    public mutating func add(_ name: String, _ shape: Shape, _ values: [Double]) {
        add(name, .float64, shape, values.withUnsafeBytes { Data($0) })
    }

    public mutating func add(_ name: String, _ shape: Shape, _ values: [Int64]) {
        add(name, .int64, shape, values.withUnsafeBytes { Data($0) })
    }

    /// A tensor that is too large to hold at once, made part by part while the file is written.
    ///
    /// - Parameter part: the floats of part 0 ..< count, in order; together as many as the shape asks for.
    public mutating func add(_ name: String, _ shape: Shape, parts count: Int, part: @escaping (Int) throws(Problem) -> [Float]) {
        add(Item(name: name, type: .float32, shape: shape, source: .parts(count, part)), byteCount: 4 * shape.count)
    }

    /// Every tensor of a vector under `prefix + name`. The vector must hold still until the file is written.
    public mutating func add(_ vector: ParameterVector, prefix: String = "") {
        for entry in vector.layout.entries {
            owners.append(vector)
            add(prefix + entry.name, entry.shape, vector.buffer(entry))
        }
    }

    /// Vectors whose memory the items point into.
    private var owners: [ParameterVector] = []

    private mutating func add(_ item: Item, byteCount: Int) {
        precondition(names.insert(item.name).inserted && item.name != "__metadata__", "tensor \(item.name) stands twice")
        precondition(byteCount == item.byteCount, "\(byteCount) bytes for \(item.type.rawValue) \(item.shape) of \(item.name)")
        items.append(item)
    }

    /// Writes the file beside its place, flushes it, then renames it. A failure leaves no part of it behind.
    ///
    /// - Returns: the SHA-256 of the file's bytes.
    @discardableResult
    public func write(to path: String) throws(Problem) -> Digest {
        let file = try DurableFile(path: path)
        var digest = DigestStream()
        // Wider elements first, each width in the given order: every tensor then starts on a boundary of its own.
        let ordered = [8, 4, 2, 1].flatMap { width in items.filter { $0.type.byteCount == width } }
        try Self.put(header(ordered), file, &digest)
        for item in ordered {
            switch item.source {
            case .data(let data): try Self.put(data, file, &digest)
            case .buffer(let buffer):
                digest.update(buffer.bytes)
                try file.write(buffer.bytes)
            case .parts(let count, let part):
                var written = 0
                for index in 0..<count {
                    let values = try part(index)
                    written += values.count
                    try Self.put(values.withUnsafeBytes { Data($0) }, file, &digest)
                }
                precondition(written == item.shape.count, "\(written) floats for \(item.shape) of \(item.name)")
            case .tensor(let tensor):
                try tensor.withBuffer { buffer throws(Problem) in
                    digest.update(buffer.bytes)
                    try file.write(buffer.bytes)
                }
            }
        }
        withExtendedLifetime(owners) {}
        try file.commit()
        return digest.finish()
    }

    private static func put(_ data: Data, _ file: borrowing DurableFile, _ digest: inout DigestStream) throws(Problem) {
        let outcome: Result<Void, Problem> = data.withUnsafeBytes { bytes in
            digest.update(bytes)
            do throws(Problem) { return .success(try file.write(bytes)) } catch { return .failure(error) }
        }
        try outcome.get()
    }

    /// The length and the JSON: metadata by sorted keys, then the tensors as they follow, blanks up to a multiple of 8.
    private func header(_ ordered: [Item]) -> Data {
        var fields: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
            fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for item in ordered {
            let end = offset + item.byteCount
            let shape = item.shape.dimensions.map(String.init).joined(separator: ",")
            fields.append(
                "\(Self.quoted(item.name)):{\"dtype\":\"\(item.type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var text = Data("{\(fields.joined(separator: ","))}".utf8)
        text.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8))
        var header = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
        header.append(text)
        return header
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
