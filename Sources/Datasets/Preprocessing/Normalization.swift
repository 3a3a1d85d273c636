/// How pixels become network input: (v/255 − mean) / deviation for each channel, in float32 and in that order, as
/// torchvision's `ToTensor` and `Normalize` do it.
public struct Normalization: Codable, Hashable, Sendable {
    /// One per channel, in units of a full pixel (255).
    public let mean: [Float]
    /// One per channel, in units of a full pixel (255).
    public let deviation: [Float]

    /// - Precondition: as many means as deviations, all finite, no deviation zero.
    public init(mean: [Float], deviation: [Float]) {
        precondition(Self.allows(mean: mean, deviation: deviation))
        self.mean = mean
        self.deviation = deviation
    }

    /// 2v/255 − 1: black is −1, white is 1.
    public static func symmetric(channels: Int) -> Normalization {
        Normalization(mean: Array(repeating: 0.5, count: channels), deviation: Array(repeating: 0.5, count: channels))
    }

    /// ImageNet's mean and deviation of red, green and blue, as torchvision's weights expect them. One channel takes the
    /// means over the three (0.449 and 0.226); other counts have none.
    public static func imagenet(channels: Int) -> Normalization? {
        switch channels {
        case 1: Normalization(mean: [0.449], deviation: [0.226])
        case 3: Normalization(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
        default: nil
        }
    }

    /// What a pixel value 0 ... 255 becomes.
    public func value(ofPixel pixel: Int, channel: Int) -> Float { (Float(pixel) / 255 - mean[channel]) / deviation[channel] }

    private static func allows(mean: [Float], deviation: [Float]) -> Bool {
        mean.count == deviation.count && mean.allSatisfy(\.isFinite) && deviation.allSatisfy { $0.isFinite && $0 != 0 }
    }

    private enum CodingKeys: CodingKey { case mean, deviation }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mean = try container.decode([Float].self, forKey: .mean)
        deviation = try container.decode([Float].self, forKey: .deviation)
        guard Self.allows(mean: mean, deviation: deviation) else {
            throw DecodingError.dataCorrupted(.init(
                codingPath: decoder.codingPath, debugDescription: "impossible normalization: mean \(mean), deviation \(deviation)"))
        }
    }
}
