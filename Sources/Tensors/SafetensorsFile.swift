import Diagnostics
import Foundation

/// A safetensors file, checked as a whole when it is opened and read in place: eight bytes with the length of a JSON header,
/// the header with each tensor's type, shape and bytes, then the tensors' bytes without gaps.
///
///     let file = try SafetensorsFile(path: "weights.safetensors")
///     let kernel = try file.floats("features.0.weight")      // Tensor [64, 3, 3, 3]
public struct SafetensorsFile: Sendable {
    public struct Entry: Sendable, Hashable {
        public let name: String
        public let type: ElementType
        public let shape: Shape
        /// Bytes from the start of the tensors' bytes.
        public let offset: Int
        public var byteCount: Int { shape.count * type.byteCount }
    }

    public let path: String
    /// The header's `__metadata__`; empty where there is none.
    public let metadata: [String: String]
    /// In the order of their bytes in the file.
    public let entries: [Entry]

    let data: Data
    /// Bytes from the start of the file to the first tensor.
    let dataStart: Int
    private let indexByName: [String: Int]

    /// Longest header that the reference implementation takes.
    public static let maximumHeaderByteCount = 100_000_000

    /// Maps the file and checks all of it but the tensors' values.
    public init(path: String) throws(Problem) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw fileProblem(errno, "cannot be read", path: path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Problem("is not a file", at: path, remedy: "name a .safetensors file")
        }
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        } catch {
            throw fileProblem(errno == 0 ? EIO : errno, "cannot be read", path: path)
        }
        try self.init(data: data, path: path)
    }

    /// The bytes of a whole file; `path` is what error messages call them.
    public init(data: Data, path: String) throws(Problem) {
        let data = data.startIndex == 0 ? data : Data(data)
        try Self.refusePickles(data, path: path)
        guard data.count >= 8 else {
            throw Problem("has \(data.count) bytes, and a safetensors file has at least 8", at: path, remedy: damagedRemedy)
        }
        let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard length <= Self.maximumHeaderByteCount else {
            throw Problem(
                "announces a header of \(length) bytes, more than the \(Self.maximumHeaderByteCount) that the format allows",
                at: "\(path), offset 0", remedy: "check that it is a safetensors file")
        }
        dataStart = 8 + Int(length)
        guard dataStart <= data.count else {
            throw Problem(
                "announces a header of \(length) bytes, but only \(data.count - 8) follow", at: "\(path), offset 0",
                remedy: damagedRemedy)
        }
        let header = try SafetensorsHeader.parse([UInt8](data[8..<dataStart]), path: path)
        entries = try header.checkedEntries(dataByteCount: data.count - dataStart, path: path)
        metadata = header.metadata
        indexByName = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
        self.path = path
        self.data = data
    }

    public func contains(_ name: String) -> Bool { indexByName[name] != nil }
    public subscript(name: String) -> Entry? { indexByName[name].map { entries[$0] } }

    /// The entry, or a fault that names the nearest one.
    public func entry(_ name: String) throws(Problem) -> Entry {
        if let entry = self[name] { return entry }
        let near = nearestName(to: name, among: entries.map(\.name))
        throw Problem(
            "no tensor \"\(name)\"", at: path,
            remedy: near.map { "did you mean \"\($0)\"?" } ?? "it holds \(entries.count) tensors under other names")
    }

    /// Torch's own formats run code when they are read; they are refused by their first bytes.
    private static func refusePickles(_ data: Data, path: String) throws(Problem) {
        guard data.count >= 4 else { return }
        let isZip = data[0] == UInt8(ascii: "P") && data[1] == UInt8(ascii: "K") && data[2] < 8 && data[3] < 9
        let isPickle = data[0] == 0x80 && (2...5).contains(data[1])
        // A header length may begin with the same bytes, but then a header follows.
        let hasHeader = data.count > 8 && data[8] == UInt8(ascii: "{")
        guard isZip || isPickle, !hasHeader else { return }
        throw Problem(
            "is a PyTorch pickle, which can run any code when it is read", at: path,
            remedy: "convert it with these two lines of Python:\n" + pickleConversion(path))
    }

    /// Python that writes a pickle's tensors as safetensors. Tensors that share memory or do not lie in order are copied, which
    /// `save_file` demands; a checkpoint with a `state_dict` or `model` of its own gives that.
    private static func pickleConversion(_ path: String) -> String {
        let quoted = path.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
        return """
            import torch, safetensors.torch; d = torch.load("\(quoted)", map_location="cpu", weights_only=True); d = d.get("state_dict", d.get("model", d))
            safetensors.torch.save_file({n: t.clone().contiguous() for n, t in d.items()}, "\(quoted).safetensors")
            """
    }
}

let damagedRemedy = "the file is cut short or damaged: copy or write it again"
