import Diagnostics
import Foundation
import Imaging
import Synchronization
import Tensors

/// What a data set holds: `filterscope datasets SPEC`.
public struct DatasetReport: Codable, Sendable {
    public struct SplitReport: Codable, Sendable {
        public let name: SplitName
        public let samples: Int
        /// Samples of each label.
        public let labelCounts: [Int]
        /// Stored bytes of all samples, and of the smallest, the middle and the largest one.
        public let bytes: Int
        public let smallest: Int
        public let median: Int
        public let largest: Int
        /// How many samples were read and decoded.
        public let checked: Int
        /// Those of them that cannot be used.
        public let damaged: [DamagedSample]
    }

    public struct DamagedSample: Codable, Hashable, Sendable {
        public let index: Int
        /// Where it came from.
        public let name: String
        public let label: Int
        public let what: String
    }

    public let specification: String
    public let labelNames: [String]
    /// The draw of labels, where one was asked for.
    public let labelSubset: LabelSubset?
    /// Height and width of what the network sees.
    public let size: Int
    public let splits: [SplitReport]
    /// The splits that are not there, with what is missing.
    public let missing: [String]
}

/// A data set with those of its splits that are there, and what was wrong with the others.
/// - Throws: the `Problem` of the training split where neither is there.
public func openAvailableSplits(
    _ specification: DatasetSpecification
) throws(Problem) -> (dataset: ImageDataset, splits: [SplitName], missing: [Problem]) {
    do { return (try openDataset(specification), SplitName.allCases, []) } catch {
        var missing: [Problem] = []
        for name in SplitName.allCases {
            do { return (try openDataset(specification, splits: [name]), [name], missing.isEmpty ? [error] : missing) } catch {
                missing.append(error)
            }
        }
        throw missing.first ?? error
    }
}

extension ImageDataset {
    /// Counts the samples of some splits and decodes some of them to find those that cannot be used.
    ///
    /// - Parameters:
    ///   - check: how many samples of each split are decoded, evenly spread; nil for all.
    ///   - progress: called now and then, from one thread at a time, with the number of samples decoded so far.
    public func report(
        _ names: [SplitName], missing: [Problem] = [], check: Int?, threads: Int,
        progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) -> DatasetReport {
        let splits = names.map { split($0) }
        let wanted = splits.map { min(check ?? $0.count, $0.count) }
        let total = wanted.reduce(0, +)
        let done = Mutex(0)
        let reports = zip(splits, wanted).map { split, count in
            let damaged = split.damaged(count, preprocessing, threads: threads) { more in
                done.withLock {
                    $0 += more
                    progress($0, total)
                }
            }
            var labelCounts = [Int](repeating: 0, count: labelCount)
            for label in split.labels { labelCounts[Int(label)] += 1 }
            let sizes = (0..<split.count).map { split.byteCount(of: $0) }.sorted()
            return DatasetReport.SplitReport(
                name: split.name, samples: split.count, labelCounts: labelCounts, bytes: split.byteCount, smallest: sizes.first ?? 0,
                median: sizes.isEmpty ? 0 : sizes[sizes.count / 2], largest: sizes.last ?? 0, checked: count, damaged: damaged)
        }
        return DatasetReport(
            specification: specification.description, labelNames: labelNames, labelSubset: labelSubset, size: preprocessing.outputSize,
            splits: reports, missing: missing.map(\.description))
    }
}

extension Split {
    /// The samples that cannot be read or decoded, among `count` of them, evenly spread.
    fileprivate func damaged(
        _ count: Int, _ preprocessing: Preprocessing, threads: Int, progress: @Sendable (_ more: Int) -> Void
    ) -> [DatasetReport.DamagedSample] {
        guard count > 0 else { return [] }
        let found = Mutex<[DatasetReport.DamagedSample]>([])
        let block = 64
        let blocks = (count + block - 1) / block
        let lanes = max(1, min(threads, blocks))
        let next = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: lanes) { _ in
            let decoder = JPEGDecoder()
            let preparer = SamplePreparer(preprocessing)
            let room = ParameterVector(TensorLayout([("sample", [preprocessing.outputCount])]))
            while true {
                let first = next.withLock { value in
                    defer { value += block }
                    return value
                }
                guard first < count else { return }
                let places = first..<min(first + block, count)
                for place in places {
                    let index = place * self.count / count
                    do throws(Problem) {
                        let sample = try sample(index)
                        if encoding.format == .jpeg {
                            try decoder.check(sample)
                        } else {
                            try preparer.prepare(
                                sample.span, into: room.buffer, sampleIndex: index, epoch: 0, seed: 0, augment: false)
                        }
                    } catch {
                        let entry = DatasetReport.DamagedSample(
                            index: index, name: sampleName(index), label: Int(labels[index]), what: error.what)
                        found.withLock { $0.append(entry) }
                    }
                }
                progress(places.count)
            }
        }
        return found.withLock(\.self).sorted { $0.index < $1.index }
    }
}

extension JPEGDecoder {
    /// Decodes the whole of a file, all that a view of it may leave aside, and keeps nothing.
    fileprivate func check(_ file: Data) throws(Problem) {
        let picture = PixelBuffer()
        _ = try file.span.withUnsafeBufferPointer { (bytes) throws(Problem) -> (column: Int, row: Int) in
            try decode(bytes, try header(bytes), denominator: 8, into: picture)
        }
    }
}
