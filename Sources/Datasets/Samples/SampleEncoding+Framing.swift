import Diagnostics
import Foundation

/// How samples stand one after the other when they travel. Samples of one size stand back to back. Samples that differ in
/// size each follow their own length, a little-endian 32-bit number of bytes.
extension SampleEncoding {
    /// The longest sample of a variable size, 256 MiB: a limit on what a hostile peer or a damaged index can announce.
    public static let largestSample = 256 << 20

    /// Bytes of the length before a sample of variable size.
    private static let lengthByteCount = 4

    /// Appends one sample to others.
    /// - Throws: a `Problem` where the sample is longer than `largestSample`.
    public func frame(_ sample: Data, into joined: inout Data) throws(Problem) {
        if fixedByteCount == nil {
            guard sample.count <= Self.largestSample else {
                throw Problem("a sample of \(sample.count) bytes is beyond the limit of \(Self.largestSample)")
            }
            for shift in stride(from: 0, to: 32, by: 8) { joined.append(UInt8(truncatingIfNeeded: sample.count >> shift)) }
        }
        joined.append(sample)
    }

    /// Where each of `count` samples lies in bytes that `frame` joined, relative to their start.
    /// - Throws: a `Problem` where the bytes do not hold exactly that many samples, for they come from sockets.
    public func locate(_ count: Int, in joined: Data) throws(Problem) -> [Range<Int>] {
        if let stride = fixedByteCount {
            guard joined.count == count * stride else {
                throw Problem("\(joined.count) bytes of samples, where \(count) of \(stride) bytes each were announced")
            }
            return (0..<count).map { $0 * stride..<($0 + 1) * stride }
        }
        let bytes = joined.bytes
        var places: [Range<Int>] = []
        var start = 0
        for number in 0..<count {
            guard start + Self.lengthByteCount <= bytes.byteCount else {
                throw Problem("\(bytes.byteCount) bytes of samples end before the length of sample \(number) of \(count)")
            }
            let length = Int(UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self)))
            start += Self.lengthByteCount
            guard length <= Self.largestSample, start + length <= bytes.byteCount else {
                throw Problem("sample \(number) of \(count) announces \(length) bytes, and \(bytes.byteCount - start) follow")
            }
            places.append(start..<start + length)
            start += length
        }
        guard start == bytes.byteCount else {
            throw Problem("\(bytes.byteCount - start) bytes stand after the last of \(count) samples")
        }
        return places
    }

    /// Takes joined samples apart into runs of `counts` samples each, framed as before: the shards of a unit.
    /// - Throws: a `Problem` as `locate` does.
    public func cut(_ joined: Data, into counts: [Int]) throws(Problem) -> [Data] {
        let places = try locate(counts.reduce(0, +), in: joined)
        var first = 0
        var start = joined.startIndex
        return counts.map { count in
            first += count
            let end = first > 0 ? joined.startIndex + places[first - 1].upperBound : joined.startIndex
            defer { start = end }
            return joined[start..<end]
        }
    }
}
