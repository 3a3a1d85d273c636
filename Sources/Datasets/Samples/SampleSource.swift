import Diagnostics
import Foundation

/// Where the stored bytes of a split's samples lie: in memory, or in files that are read sample by sample.
protocol SampleSource: Sendable {
    var count: Int { get }
    /// Bytes that all samples take, framing not counted.
    var byteCount: Int { get }
    /// The stored bytes of one sample; a window where they lie in memory.
    /// - Precondition: 0 ≤ index < count.
    func sample(_ index: Int) throws(Problem) -> Data
    /// The stored bytes of neighbouring samples back to back, if they lie in memory like that; nil elsewhere.
    func window(_ range: Range<Int>) -> Data?
    /// What the sample is called where it came from, its path say; nil where it has no name of its own.
    func name(of index: Int) -> String?
    /// The last part of that name, in bytes.
    func fileName(of index: Int) -> [UInt8]?
    /// Bytes of one stored sample.
    func byteCount(of index: Int) -> Int
    /// The samples `rows`, in that order.
    func selecting(_ rows: [Int]) throws(Problem) -> any SampleSource
}

extension SampleSource {
    func window(_ range: Range<Int>) -> Data? { nil }
    func name(of index: Int) -> String? { nil }
    func fileName(of index: Int) -> [UInt8]? { nil }
}

/// Samples of one size, back to back in memory.
struct MemorySamples: SampleSource {
    private let bytes: Data
    private let stride: Int
    let count: Int

    /// - Precondition: `bytes` holds `count` samples of `stride` bytes.
    init(_ bytes: Data, stride: Int, count: Int) {
        precondition(bytes.count == count * stride, "\(bytes.count) bytes for \(count) samples of \(stride)")
        self.bytes = bytes
        self.stride = stride
        self.count = count
    }

    var byteCount: Int { bytes.count }

    func byteCount(of index: Int) -> Int { stride }

    func sample(_ index: Int) -> Data { slice(index..<index + 1) }

    func window(_ range: Range<Int>) -> Data? { slice(range) }

    func selecting(_ rows: [Int]) -> any SampleSource {
        var chosen = Data(capacity: rows.count * stride)
        for row in rows { chosen.append(sample(row)) }
        return MemorySamples(chosen, stride: stride, count: rows.count)
    }

    private func slice(_ range: Range<Int>) -> Data {
        let start = bytes.startIndex
        return bytes[start + range.lowerBound * stride..<start + range.upperBound * stride]
    }
}
