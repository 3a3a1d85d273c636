import Diagnostics

/// Everything that turns a stored sample into network input, the random changes of training included. It travels to
/// workers as JSON, so that shipped samples give the same bits everywhere.
///
///     let preparer = SamplePreparer(dataset.preprocessing)
///     try preparer.prepare(
///         split.sample(7).span, into: lane.input, sampleIndex: 7, epoch: 0, seed: 1, augment: true)
public struct Preprocessing: Codable, Hashable, Sendable {
    /// How samples come in.
    public let encoding: SampleEncoding
    /// Height and width of what goes out, in pixels.
    public let outputSize: Int
    /// Nil for samples that are network input already (float32).
    public let normalization: Normalization?
    /// How pictures of other sizes come to `outputSize`; nil leaves them in the middle of black, and none may be larger.
    public let resizing: Resizing?
    /// What happens to a sample that cannot be decoded.
    public var damaged: DamagedSamples
    /// What training does at random; `prepare(…, augment: false)` ignores it.
    public var augmentation: Augmentation

    /// The network input of pixel values 0 ... 255 for each channel, one channel after the other; empty without normalization.
    let table: [Float]

    public var channels: Int { encoding.channels }
    /// Floats of one prepared sample: [outputSize, outputSize, channels].
    public var outputCount: Int { outputSize * outputSize * channels }

    /// - Throws: a `Problem` where the images are larger than the output and are not resized, or where the parts do not fit
    ///   the encoding.
    public init(
        encoding: SampleEncoding, outputSize: Int, normalization: Normalization?, augmentation: Augmentation,
        resizing: Resizing? = nil, damaged: DamagedSamples = .fatal
    ) throws(Problem) {
        guard (1...SampleEncoding.largestSide).contains(outputSize) else {
            throw Problem("size \(outputSize) is not within 1 ... \(SampleEncoding.largestSide)")
        }
        if let resizing {
            guard (outputSize...SampleEncoding.largestSide).contains(resizing.shorterSide) else {
                throw Problem("a shorter side of \(resizing.shorterSide) is not within \(outputSize) ... \(SampleEncoding.largestSide)")
            }
            guard encoding.format != .float32CHW, [1, 3].contains(encoding.channels) else {
                throw Problem("\(encoding.format.rawValue) samples of \(encoding.channels) channels are not resized")
            }
        } else {
            guard encoding.format != .jpeg else { throw Problem("JPEG files of any size need to be told how they are resized") }
            guard encoding.height <= outputSize, encoding.width <= outputSize else {
                throw Problem("images of \(encoding.height)x\(encoding.width) pixels do not fit size \(outputSize) without resizing")
            }
        }
        switch encoding.format {
        case .uint8HWC, .jpeg:
            guard let normalization, normalization.mean.count == encoding.channels else {
                throw Problem("\(encoding.channels)-channel pixels need a normalization of \(encoding.channels) channels")
            }
            table = (0..<encoding.channels).flatMap { channel in
                (0..<256).map { normalization.value(ofPixel: $0, channel: channel) }
            }
        case .float32CHW:
            guard normalization == nil else {
                throw Problem("float32 samples are network input already; they take no normalization")
            }
            table = []
        }
        self.encoding = encoding
        self.outputSize = outputSize
        self.normalization = normalization
        self.augmentation = augmentation
        self.resizing = resizing
        self.damaged = damaged
    }

    /// The same, but no damaged sample is left out: for results whose rows follow the samples.
    public var refusingDamage: Preprocessing {
        var copy = self
        copy.damaged = .fatal
        return copy
    }

    /// What lies outside the image: pixel 0 after normalization; 0 for samples that are network input already.
    func background(channel: Int) -> Float { table.isEmpty ? 0 : table[channel * 256] }

    // The table follows from the other fields, so it neither travels nor takes part in comparisons.
    private enum CodingKeys: CodingKey { case encoding, outputSize, normalization, augmentation, resizing, damaged }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        do {
            try self.init(
                encoding: container.decode(SampleEncoding.self, forKey: .encoding),
                outputSize: container.decode(Int.self, forKey: .outputSize),
                normalization: container.decodeIfPresent(Normalization.self, forKey: .normalization),
                augmentation: container.decode(Augmentation.self, forKey: .augmentation),
                resizing: container.decodeIfPresent(Resizing.self, forKey: .resizing),
                damaged: container.decode(DamagedSamples.self, forKey: .damaged))
        } catch let problem as Problem {
            throw DecodingError.dataCorrupted(.init(
                codingPath: decoder.codingPath, debugDescription: problem.description, underlyingError: problem))
        }
    }

    public static func == (a: Preprocessing, b: Preprocessing) -> Bool {
        a.encoding == b.encoding && a.outputSize == b.outputSize && a.normalization == b.normalization
            && a.augmentation == b.augmentation && a.resizing == b.resizing && a.damaged == b.damaged
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(encoding)
        hasher.combine(outputSize)
        hasher.combine(normalization)
        hasher.combine(augmentation)
        hasher.combine(resizing)
        hasher.combine(damaged)
    }
}
