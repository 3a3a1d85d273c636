import Imaging

/// How pictures of any size come to the network's, as torchvision's `Resize` and `CenterCrop` do it: the shorter side is
/// brought to a length, antialiased, and the middle is cut out.
public struct Resizing: Codable, Hashable, Sendable {
    /// The shorter side's length before the middle is cut out.
    public let shorterSide: Int
    public let interpolation: Interpolation

    public init(shorterSide: Int, interpolation: Interpolation) {
        self.shorterSide = shorterSide
        self.interpolation = interpolation
    }

    /// For photographs at size S: the shorter side to S · 256/224, rounded down.
    public static func photographs(size: Int, interpolation: Interpolation) -> Resizing {
        Resizing(shorterSide: size * 256 / 224, interpolation: interpolation)
    }

    /// Width and height of a whole picture after resizing: the longer side is rounded down.
    func resized(width: Int, height: Int) -> (width: Int, height: Int) {
        width <= height
            ? (shorterSide, max(shorterSide, shorterSide * height / width))
            : (max(shorterSide, shorterSide * width / height), shorterSide)
    }

    /// Where `size` pixels in the middle of `extent` begin; a half is rounded to the even number, as Python does.
    static func middle(_ size: Int, of extent: Int) -> Int { Int((Double(extent - size) / 2).rounded(.toNearestOrEven)) }
}

/// What happens to a sample that cannot be decoded: a damaged or empty file, or one that declares too many pixels.
public enum DamagedSamples: String, Codable, CaseIterable, Sendable {
    /// The work stops with the sample's name.
    case fatal
    /// The sample is left out of its shard, named and counted. That follows from its bytes alone, so it is left out on every
    /// machine.
    case skip
}
