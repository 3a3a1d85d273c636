import Diagnostics
import Foundation

/// An IDX file of unsigned bytes, plain or gzip: a magic number (0, 0, element type 8, number of dimensions), the
/// dimensions as big-endian 32-bit numbers, and the bytes in row-major order, nothing after them. The format is described
/// at the end of LeCun's MNIST page.
struct IDXFile {
    let dimensions: [Int]
    let bytes: Data

    /// The most bytes that a file may declare, 8 GiB; more is taken for damage.
    static let mostBytes = 8 << 30
    /// Deflate packs at most this many bytes into one (zlib's technical notes).
    private static let greatestExpansion = 1_032

    /// - Parameter rank: the number of dimensions that the file must have.
    init(_ path: String, rank: Int) throws(Problem) {
        let stream = try ArchiveStream(path)
        do {
            dimensions = try Self.readDimensions(stream, rank: rank)
            bytes = try Self.readBytes(stream, dimensions)
        } catch {
            // Where the gzip checksum fails too, damage is the better explanation of a header that makes no sense.
            if !stream.hasFailed { _ = try stream.finish() }
            throw error
        }
        let surplus = try stream.finish()
        guard surplus == 0 else {
            throw Problem(
                "\(surplus) bytes stand after the \(bytes.count) that the header declares (\(Self.extents(dimensions)))", at: path,
                remedy: ArchiveStream.damagedRemedy)
        }
    }

    private static func readDimensions(_ stream: ArchiveStream, rank: Int) throws(Problem) -> [Int] {
        var header = Data()
        let length = 4 + 4 * rank
        try stream.read(length, into: &header)
        let numbers = Array(header)
        guard numbers.count >= 4, numbers[0] == 0, numbers[1] == 0 else {
            throw Problem(
                "not an IDX file: it starts with \(hexadecimal(numbers.prefix(4))), "
                    + "not with \(hexadecimal([0, 0, 8, UInt8(rank)]))", at: stream.path)
        }
        guard numbers[2] == 8 else {
            throw Problem("IDX element type \(hexadecimal([numbers[2]])) is not read, only unsigned bytes (08)", at: stream.path)
        }
        guard Int(numbers[3]) == rank else {
            throw Problem(
                "the file has \(numbers[3]) dimensions, not \(rank)", at: stream.path,
                remedy: "check that images and labels were not exchanged")
        }
        guard numbers.count == length else {
            throw Problem(
                "truncated: the header has \(numbers.count) of \(length) bytes", at: stream.path,
                remedy: ArchiveStream.damagedRemedy)
        }
        return stride(from: 4, to: length, by: 4).map { start in
            numbers[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        }
    }

    private static func readBytes(_ stream: ArchiveStream, _ dimensions: [Int]) throws(Problem) -> Data {
        var declared = 1
        for dimension in dimensions {
            let (product, overflow) = declared.multipliedReportingOverflow(by: dimension)
            guard !overflow, product <= mostBytes else {
                throw Problem(
                    "the header declares \(extents(dimensions)) bytes, more than the limit of \(mostBytes)", at: stream.path)
            }
            declared = product
        }
        // What the file can hold bounds what is set aside, whatever the header says.
        let possible = stream.isGzip ? stream.storedByteCount * greatestExpansion : stream.storedByteCount
        var bytes = Data(capacity: min(declared, possible))
        do {
            try stream.read(declared, into: &bytes)
        } catch {
            var problem = error
            problem.what += " (after \(bytes.count) of \(declared) bytes, \(extents(dimensions)))"
            throw problem
        }
        guard bytes.count == declared else {
            throw Problem(
                "truncated: the header declares \(declared) bytes (\(extents(dimensions))) and \(bytes.count) are there",
                at: stream.path, remedy: ArchiveStream.damagedRemedy)
        }
        return bytes
    }

    private static func extents(_ dimensions: [Int]) -> String { dimensions.map(String.init).joined(separator: " x ") }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let text = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        return text.isEmpty ? "nothing" : text
    }
}
