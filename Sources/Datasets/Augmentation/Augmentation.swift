import Tensors

/// Which random changes a training image goes through.
public struct Augmentation: Codable, Hashable, Sendable {
    /// Mirrors left and right, one time in two.
    public var flip: Bool
    /// The most pixels that an image moves along each axis; the gap is filled with black.
    public var translation: Int
    /// Cuts a random part out and brings it to size; nil takes what evaluation takes.
    public var crop: RandomCrop?
    /// Changes brightness, contrast, saturation and hue.
    public var colour: ColourJitter?
    /// Mixes the samples of a shard with each other.
    public var mixing: SampleMixing?

    /// Random horizontal flip and translation of up to 4 pixels, as the papers train.
    public static let standard = Augmentation(flip: true, translation: 4)
    /// Random resized crop and flip, as torchvision trains on photographs.
    public static let photographs = Augmentation(flip: true, translation: 0, crop: .standard)
    public static let none = Augmentation(flip: false, translation: 0)

    /// - Precondition: `translation` is within 0 ... `SampleEncoding.largestSide`.
    public init(
        flip: Bool, translation: Int, crop: RandomCrop? = nil, colour: ColourJitter? = nil, mixing: SampleMixing? = nil
    ) {
        precondition((0...SampleEncoding.largestSide).contains(translation))
        self.flip = flip
        self.translation = translation
        self.crop = crop
        self.colour = colour
        self.mixing = mixing
    }

    /// One image's changes. `down` and `right` are pixels, negative for up and left; the flip comes after the move.
    public struct Draw: Hashable, Sendable {
        public let down: Int
        public let right: Int
        public let flipped: Bool
    }

    /// The changes of one sample in one epoch: a function of the arguments alone.
    public func draw(sampleIndex: Int, epoch: Int, seed: UInt64) -> Draw {
        var stream = RandomStream(seed: seed, purpose: .augmentation, major: epoch, minor: sampleIndex)
        let down = translation > 0 ? stream.nextInt(below: 2 * translation + 1) - translation : 0
        let right = translation > 0 ? stream.nextInt(below: 2 * translation + 1) - translation : 0
        return Draw(down: down, right: right, flipped: flip && stream.nextBool())
    }

    private enum CodingKeys: CodingKey { case flip, translation, crop, colour, mixing }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        flip = try container.decode(Bool.self, forKey: .flip)
        translation = try container.decode(Int.self, forKey: .translation)
        crop = try container.decodeIfPresent(RandomCrop.self, forKey: .crop)
        colour = try container.decodeIfPresent(ColourJitter.self, forKey: .colour)
        mixing = try container.decodeIfPresent(SampleMixing.self, forKey: .mixing)
        guard (0...SampleEncoding.largestSide).contains(translation) else {
            throw DecodingError.dataCorruptedError(
                forKey: .translation, in: container, debugDescription: "impossible translation \(translation)")
        }
    }
}
