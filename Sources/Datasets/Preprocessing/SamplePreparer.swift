import Diagnostics
import Foundation
import Imaging
import Tensors

/// Turns stored samples into network input, with the memory that this takes: one for each thread. What a sample becomes is a
/// function of its bytes, the preprocessing, `sampleIndex`, `epoch` and `seed` alone: the same bits on any machine.
public final class SamplePreparer {
    public let preprocessing: Preprocessing
    private lazy var decoder = JPEGDecoder()
    /// The picture as it was stored.
    private let stored = PixelBuffer()
    /// The part that is shown, `outputSize` pixels a side.
    private let shown = PixelBuffer()
    private let resampler = Resampler()
    /// Room for one sample while a shard is mixed.
    private lazy var spare = ParameterVector(TensorLayout([("spare", [preprocessing.outputCount])]))

    public init(_ preprocessing: Preprocessing) { self.preprocessing = preprocessing }

    /// Writes one sample as [outputSize, outputSize, channels] floats; with `augment` it is changed as
    /// `Preprocessing.augmentation` says, mixing aside, which takes a shard.
    /// - Throws: a `Problem` where a file cannot be decoded.
    /// - Precondition: a sample of a fixed size has that size, and `output` has `outputCount` floats.
    public func prepare(
        _ sample: Span<UInt8>, into output: FloatBuffer, sampleIndex: Int, epoch: Int, seed: UInt64, augment: Bool
    ) throws(Problem) {
        let augmentation = augment ? preprocessing.augmentation : .none
        let key = SampleKey(sampleIndex: sampleIndex, epoch: epoch, seed: seed)
        let draw = augmentation.draw(sampleIndex: sampleIndex, epoch: epoch, seed: seed)
        guard preprocessing.needsPicture(augmentation) else { return preprocessing.place(sample, into: output, draw) }
        try show(sample, augmentation, key)
        for change in augmentation.colour?.draw(key: key) ?? [] { shown.apply(change) }
        preprocessing.write(shown, into: output, draw)
    }

    /// Decodes a sample and brings the part of it that is shown to size.
    private func show(_ sample: Span<UInt8>, _ augmentation: Augmentation, _ key: SampleKey) throws(Problem) {
        let encoding = preprocessing.encoding
        guard encoding.format == .jpeg else {
            precondition(sample.count == encoding.fixedByteCount, "sample of \(sample.count) bytes for \(encoding)")
            sample.withUnsafeBufferPointer {
                stored.load($0, width: encoding.width, height: encoding.height, channels: encoding.channels)
            }
            guard preprocessing.resizing != nil || augmentation.crop != nil else {
                return shown.center(stored, size: preprocessing.outputSize)
            }
            let view = View(preprocessing, width: encoding.width, height: encoding.height, augmentation.crop, key)
            _ = plan(view, (encoding.width, encoding.height), denominator: 1)
            return resampler.resample(stored, origin: (0, 0), into: shown)
        }
        let origin = try sample.withUnsafeBufferPointer { (file) throws(Problem) -> (column: Int, row: Int) in
            let header = try decoder.header(file)
            let view = View(preprocessing, width: header.width, height: header.height, augmentation.crop, key)
            let denominator = view.denominator
            let part = plan(view, header.scaled(denominator), denominator: denominator)
            return try decoder.decode(file, header, denominator: denominator, part: part, into: stored)
        }
        resampler.resample(stored, origin: origin, into: shown)
    }

    /// Settles how a view of a picture is made, and which part of the picture that takes.
    /// - Parameter size: of the picture as it is decoded, at 1/`denominator` of its size.
    private func plan(_ view: View, _ size: (width: Int, height: Int), denominator: Int) -> (columns: Range<Int>, rows: Range<Int>) {
        var box = view.box
        if denominator > 1 {
            let scale = Double(denominator)
            (box.x, box.y) = (box.x / scale, box.y / scale)
            box.width = min(box.width / scale, Double(size.width) - box.x)
            box.height = min(box.height / scale, Double(size.height) - box.y)
        }
        return resampler.plan(
            size, box: box, width: view.width, height: view.height, window: (view.columns, view.rows),
            interpolation: preprocessing.resizing?.interpolation ?? .bilinear)
    }
}

extension SamplePreparer {
    /// What became of a shard.
    public struct Outcome: Sendable {
        /// The places, within the shard, of the samples that were prepared: row r of the output is sample `kept[r]`. All of
        /// them unless some were damaged and `Preprocessing.damaged` is `skip`.
        public let kept: [Int]
        /// The places of the samples that were left out, and why.
        public let damaged: [(place: Int, problem: Problem)]
        /// Where samples were mixed, what each row is made of.
        public let shares: [SampleMixing.Share]?
    }

    /// Prepares a shard: samples as `Split.encodedSamples` joins them become [count, outputSize, outputSize, channels].
    /// Floats of `output` beyond them stay as they are.
    /// - Throws: a `Problem` where the bytes do not match the number of samples or a number is out of range, for shards
    ///   come from sockets; and where a sample is damaged, unless damaged ones are left out.
    /// - Precondition: `output` has room for `sampleIndices.count` samples.
    @discardableResult
    public func prepareShard(
        _ samples: Data, into output: FloatBuffer, sampleIndices: [Int], epoch: Int, seed: UInt64, augment: Bool
    ) throws(Problem) -> Outcome {
        let places = try preprocessing.encoding.locate(sampleIndices.count, in: samples)
        let range = 0...Int(UInt32.max)
        guard range.contains(epoch), sampleIndices.allSatisfy(range.contains) else {
            throw Problem("an epoch or sample number does not fit in 32 bits")
        }
        let bytes = samples.span
        let length = preprocessing.outputCount
        var kept: [Int] = []
        var damaged: [(place: Int, problem: Problem)] = []
        for (place, sampleIndex) in sampleIndices.enumerated() {
            do {
                try prepare(
                    bytes.extracting(places[place]), into: output.slice(kept.count * length, length), sampleIndex: sampleIndex,
                    epoch: epoch, seed: seed, augment: augment)
                kept.append(place)
            } catch {
                let problem = Problem("sample \(sampleIndex): \(error.what)", at: error.location, remedy: error.remedy)
                guard preprocessing.damaged == .skip else { throw problem }
                damaged.append((place, problem))
            }
        }
        var shares: [SampleMixing.Share]?
        if augment, let mixing = preprocessing.augmentation.mixing {
            shares = mixing.mix(
                output, count: kept.count, size: preprocessing.outputSize, channels: preprocessing.channels, spare: spare.buffer
            ) { SampleKey(sampleIndex: sampleIndices[kept[$0]], epoch: epoch, seed: seed) }
        }
        return Outcome(kept: kept, damaged: damaged, shares: shares)
    }
}

extension Preprocessing {
    /// Whether samples have to become pictures of red, green and blue on their way; others go straight to floats.
    fileprivate func needsPicture(_ augmentation: Augmentation) -> Bool {
        switch encoding.format {
        case .jpeg: true
        case .uint8HWC: resizing != nil || (augmentation.crop != nil || augmentation.colour != nil) && [1, 3].contains(channels)
        case .float32CHW: false
        }
    }
}
