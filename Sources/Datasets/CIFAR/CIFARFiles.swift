import Diagnostics
import Foundation

/// Where the files of CIFAR's binary version lie: in a folder, in the folder that unpacking makes, or still in the .tar.gz.
/// The format is described on Krizhevsky's page "The CIFAR-10 dataset".
struct CIFARFiles {
    let kind: DatasetKind
    /// The folder or the packed file that holds them, for messages.
    let place: String
    private let contents: Contents

    private enum Contents {
        case folder(String)
        case packed(UnpackedBytes, members: [String: Range<Int>])
    }

    /// What unpacking makes, and what it is packed in.
    private static func usualNames(_ kind: DatasetKind) -> (folder: String, packed: String) {
        kind == .cifar10
            ? ("cifar-10-batches-bin", "cifar-10-binary.tar.gz") : ("cifar-100-binary", "cifar-100-binary.tar.gz")
    }

    /// The files of samples, in order.
    static func sampleFiles(_ kind: DatasetKind, _ split: SplitName) -> [String] {
        switch (kind, split) {
        case (.cifar10, .train): (1...5).map { "data_batch_\($0).bin" }
        case (.cifar10, .test): ["test_batch.bin"]
        case (_, .train): ["train.bin"]
        case (_, .test): ["test.bin"]
        }
    }

    static func namesFile(_ kind: DatasetKind) -> String { kind == .cifar10 ? "batches.meta.txt" : "fine_label_names.txt" }

    init(_ kind: DatasetKind, path: String) throws(Problem) {
        self.kind = kind
        let (folder, packed) = Self.usualNames(kind)
        let probe = Self.sampleFiles(kind, .test)[0]
        let files = FileManager.default
        var isDirectory: ObjCBool = false
        guard files.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw Problem("there is no such file or directory", at: path, remedy: kind.source)
        }
        if !isDirectory.boolValue {
            (place, contents) = (path, try Self.unpack(path))
        } else if !files.fileExists(atPath: "\(path)/\(probe)"), files.fileExists(atPath: "\(path)/\(folder)") {
            (place, contents) = ("\(path)/\(folder)", .folder("\(path)/\(folder)"))
        } else if !files.fileExists(atPath: "\(path)/\(probe)"), files.fileExists(atPath: "\(path)/\(packed)") {
            (place, contents) = ("\(path)/\(packed)", try Self.unpack("\(path)/\(packed)"))
        } else {
            (place, contents) = (path, .folder(path))
        }
    }

    /// The bytes of one file; nil where it is not there.
    func read(_ name: String) throws(Problem) -> Data? {
        switch contents {
        case .folder(let folder):
            let path = "\(folder)/\(name)"
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            let file = try RandomAccessFile(path)
            guard file.byteCount <= Self.mostBytes else { throw Problem("\(file.byteCount) bytes are too many for CIFAR", at: path) }
            return try file.data(count: file.byteCount, at: 0)
        case .packed(let bytes, let members):
            guard let range = members[name] else { return nil }
            return try bytes.data(count: range.count, at: range.lowerBound)
        }
    }

    /// The most bytes that a file may have, unpacked; CIFAR has 184 million in all.
    private static let mostBytes = 1 << 30

    /// Unpacks a .tar.gz (or a plain .tar) into memory and notes its members by the last part of their paths.
    private static func unpack(_ path: String) throws(Problem) -> Contents {
        let stream = try ArchiveStream(path)
        var bytes = Data()
        try stream.read(mostBytes, into: &bytes)
        guard try stream.finish() == 0 else { throw Problem("it unpacks to more than \(mostBytes) bytes", at: path) }
        let unpacked = UnpackedBytes(path: path, bytes: bytes)
        var members: [String: Range<Int>] = [:]
        var reader = TarReader(unpacked, 0..<bytes.count)
        while try reader.next() {
            let name = reader.pathText.split(separator: "/").last.map(String.init) ?? ""
            members[name] = reader.offset..<reader.offset + reader.byteCount
        }
        return .packed(unpacked, members: members)
    }
}
