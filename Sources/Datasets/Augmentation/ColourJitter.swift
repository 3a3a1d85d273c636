import Imaging
import Tensors

/// Random changes of colour, in random order, as torchvision's `ColorJitter` makes them.
public struct ColourJitter: Codable, Hashable, Sendable {
    /// Factors are drawn from max(0, 1 − x) ... 1 + x; 0 leaves a picture as it is.
    public let brightness: Double
    public let contrast: Double
    public let saturation: Double
    /// The turn of the hue is drawn from −x ... x of the circle, x at most 0.5.
    public let hue: Double

    /// - Precondition: 0 ... 10 for the first three, 0 ... 0.5 for the hue.
    public init(brightness: Double = 0, contrast: Double = 0, saturation: Double = 0, hue: Double = 0) {
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue
        precondition(isPossible)
    }

    private var isPossible: Bool {
        [brightness, contrast, saturation].allSatisfy { $0 >= 0 && $0 <= 10 } && hue >= 0 && hue <= 0.5
    }

    /// The changes of one sample in one epoch, in the order in which they are made.
    func draw(key: SampleKey) -> [ColourChange] {
        var stream = key.stream(.colour)
        func factor(_ spread: Double) -> Float { Float(stream.uniform(max(0, 1 - spread), 1 + spread)) }
        // All are drawn before any is left out, so that one setting does not shift another's numbers.
        let drawn: [(spread: Double, change: ColourChange)] = [
            (brightness, .brightness(factor(brightness))), (contrast, .contrast(factor(contrast))),
            (saturation, .saturation(factor(saturation))), (hue, .hue(Float(stream.uniform(-hue, hue)))),
        ]
        var order = [0, 1, 2, 3]
        for place in 0..<3 { order.swapAt(place, place + stream.nextInt(below: 4 - place)) }
        return order.filter { drawn[$0].spread > 0 }.map { drawn[$0].change }
    }

    private enum CodingKeys: CodingKey { case brightness, contrast, saturation, hue }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        brightness = try container.decode(Double.self, forKey: .brightness)
        contrast = try container.decode(Double.self, forKey: .contrast)
        saturation = try container.decode(Double.self, forKey: .saturation)
        hue = try container.decode(Double.self, forKey: .hue)
        guard isPossible else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "impossible colour jitter"))
        }
    }
}
