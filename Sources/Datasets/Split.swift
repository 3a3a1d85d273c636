import Foundation
import Tensors

/// The part of a data set that is trained on or tested on.
public enum SplitName: String, Codable, CaseIterable, Sendable {
    case train, test
}

/// The samples of one split in file order, as stored, with their labels. The stored bytes are held once, however many
/// copies of the value there are.
public struct Split: Sendable {
    public let name: SplitName
    public let encoding: SampleEncoding
    /// One per sample, 0 ..< the data set's number of labels.
    public let labels: [Int32]
    private let bytes: Data

    /// - Precondition: `bytes` has `encoding.byteCount` bytes for each label.
    public init(_ name: SplitName, encoding: SampleEncoding, bytes: Data, labels: [Int32]) {
        precondition(bytes.count == labels.count * encoding.byteCount, "\(bytes.count) bytes for \(labels.count) samples")
        self.name = name
        self.encoding = encoding
        self.bytes = bytes
        self.labels = labels
    }

    public var count: Int { labels.count }
    /// Bytes of memory that the samples take.
    public var byteCount: Int { bytes.count }

    /// The stored bytes of one sample; a window, not a copy.
    /// - Precondition: 0 ≤ index < count.
    public func sample(_ index: Int) -> Data { samples(index..<index + 1) }

    /// The stored bytes of neighbouring samples, one after the other; a window, not a copy.
    /// - Precondition: the range lies within 0 ..< count.
    public func samples(_ range: Range<Int>) -> Data {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "samples \(range) of \(count)")
        let start = bytes.startIndex
        return bytes[start + range.lowerBound * encoding.byteCount..<start + range.upperBound * encoding.byteCount]
    }

    /// The stored bytes of some samples, one after the other: what a shard ships.
    public func encodedSamples(_ indices: some Collection<Int>) -> Data {
        var joined = Data(capacity: indices.count * encoding.byteCount)
        for index in indices { joined.append(sample(index)) }
        return joined
    }

    public func labels(_ indices: some Collection<Int>) -> [Int32] { indices.map { labels[$0] } }

    /// The SHA-256 of the encoding, the samples and the labels: equal on two machines whose copies give the same bits. It
    /// reads every byte, so ask once and keep it.
    public func digest() -> Digest {
        let extents = "\(encoding.height) \(encoding.width) \(encoding.channels)"
        var record = Data("\(encoding.format.rawValue) \(extents) \(count)\n".utf8)
        record.append(contentsOf: Digest.sha256(of: bytes).bytes)
        for label in labels {
            for shift in [0, 8, 16, 24] { record.append(UInt8(truncatingIfNeeded: label >> Int32(shift))) }
        }
        return Digest.sha256(of: record)
    }

    /// The first `cap` samples, in order, whose labels `subset` drew, renumbered.
    func selecting(_ subset: LabelSubset?, cap: Int?) -> Split {
        if subset == nil, cap.map({ $0 >= count }) ?? true { return self }
        let renumbering = subset?.renumbering
        var rows: [Int] = []
        var newLabels: [Int32] = []
        for (row, label) in labels.enumerated() where rows.count < cap ?? .max {
            guard let number = renumbering.map({ $0[Int(label)] }) ?? label else { continue }
            rows.append(row)
            newLabels.append(number)
        }
        return Split(name, encoding: encoding, bytes: encodedSamples(rows), labels: newLabels)
    }
}
