import Diagnostics
import Foundation
import Tensors

/// The part of a data set that is trained on or tested on.
public enum SplitName: String, Codable, CaseIterable, Sendable {
    case train, test
}

/// The samples of one split in file order, as stored, with their labels. The stored bytes are held once, or not at all
/// where they are read from files, however many copies of the value there are.
public struct Split: Sendable {
    public let name: SplitName
    public let encoding: SampleEncoding
    /// One per sample, 0 ..< the data set's number of labels.
    public let labels: [Int32]
    private let source: any SampleSource

    /// Samples in memory, of an encoding with a fixed size.
    /// - Precondition: `bytes` has as many bytes for each label as the encoding says.
    public init(_ name: SplitName, encoding: SampleEncoding, bytes: Data, labels: [Int32]) {
        guard let stride = encoding.fixedByteCount else { preconditionFailure("\(encoding.format) samples have no fixed size") }
        self.init(name, encoding: encoding, source: MemorySamples(bytes, stride: stride, count: labels.count), labels: labels)
    }

    /// - Precondition: `source` has as many samples as there are labels.
    init(_ name: SplitName, encoding: SampleEncoding, source: any SampleSource, labels: [Int32]) {
        precondition(source.count == labels.count, "\(source.count) samples, \(labels.count) labels")
        self.name = name
        self.encoding = encoding
        self.source = source
        self.labels = labels
    }

    public var count: Int { labels.count }
    /// Bytes that the samples take, in memory or on the disk.
    public var byteCount: Int { source.byteCount }

    /// The stored bytes of one sample; a window where the split lies in memory, read from its file where it does not.
    /// - Throws: a `Problem` that names the file and the place where it cannot be read.
    /// - Precondition: 0 ≤ index < count.
    public func sample(_ index: Int) throws(Problem) -> Data {
        precondition(index >= 0 && index < count, "sample \(index) of \(count)")
        return try source.sample(index)
    }

    /// Bytes of one stored sample.
    public func byteCount(of index: Int) -> Int {
        precondition(index >= 0 && index < count, "sample \(index) of \(count)")
        return source.byteCount(of: index)
    }

    /// The stored bytes of neighbouring samples where they lie in memory; nil elsewhere.
    func window(_ range: Range<Int>) -> Data? { source.window(range) }

    /// The name of a sample's file, without its folders; nil where it has none.
    func fileName(of index: Int) -> [UInt8]? { source.fileName(of: index) }

    /// What a sample is called where it came from, for messages: its path, or "sample 7".
    public func sampleName(_ index: Int) -> String { source.name(of: index) ?? "sample \(index)" }

    /// The stored bytes of neighbouring samples, framed as `SampleEncoding.frame` says; a window, not a copy, where they lie
    /// in memory.
    /// - Precondition: the range lies within 0 ..< count.
    public func samples(_ range: Range<Int>) throws(Problem) -> Data {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "samples \(range) of \(count)")
        if let window = source.window(range) { return window }
        return try encodedSamples(range)
    }

    /// The stored bytes of some samples, framed as `SampleEncoding.frame` says: what a shard ships.
    public func encodedSamples(_ indices: some Collection<Int>) throws(Problem) -> Data {
        var joined = Data(capacity: indices.count * (encoding.fixedByteCount ?? 0))
        for index in indices { try encoding.frame(try sample(index), into: &joined) }
        return joined
    }

    public func labels(_ indices: some Collection<Int>) -> [Int32] { indices.map { labels[$0] } }

    /// The SHA-256 of the encoding, the samples and the labels: equal on two machines whose copies give the same bits. It
    /// reads every byte, so ask once and keep it.
    public func digest() throws(Problem) -> Digest {
        var stream = DigestStream()
        for first in stride(from: 0, to: count, by: Self.digestBlock) {
            let block = try samples(first..<min(first + Self.digestBlock, count))
            block.withUnsafeBytes { stream.update($0) }
        }
        let extents = "\(encoding.height) \(encoding.width) \(encoding.channels)"
        var record = Data("\(encoding.format.rawValue) \(extents) \(count)\n".utf8)
        record.append(contentsOf: stream.finish().bytes)
        for label in labels {
            for shift in [0, 8, 16, 24] { record.append(UInt8(truncatingIfNeeded: label >> Int32(shift))) }
        }
        return Digest.sha256(of: record)
    }

    /// Samples that are held at once while the digest is made.
    private static let digestBlock = 64

    /// The first `cap` samples, in order, whose labels `subset` drew, renumbered.
    func selecting(_ subset: LabelSubset?, cap: Int?) throws(Problem) -> Split {
        if subset == nil, cap.map({ $0 >= count }) ?? true { return self }
        let renumbering = subset?.renumbering
        var rows: [Int] = []
        var newLabels: [Int32] = []
        for (row, label) in labels.enumerated() where rows.count < cap ?? .max {
            guard let number = renumbering.map({ $0[Int(label)] }) ?? label else { continue }
            rows.append(row)
            newLabels.append(number)
        }
        return Split(name, encoding: encoding, source: try source.selecting(rows), labels: newLabels)
    }
}
