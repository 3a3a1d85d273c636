import Imaging
import Tensors

/// A random part of a picture, of random area and shape, that becomes the whole (Szegedy et al.: "Going deeper with
/// convolutions", CVPR 2015), with torchvision's rules.
public struct RandomCrop: Codable, Hashable, Sendable {
    /// The least and the greatest share of the picture's area.
    public let leastArea: Double
    public let greatestArea: Double
    /// The greatest ratio of width to height; the least is its inverse.
    public let greatestRatio: Double

    /// 8 to 100 per cent of the area, 3:4 to 4:3.
    public static let standard = RandomCrop(leastArea: 0.08, greatestArea: 1, greatestRatio: 4.0 / 3)

    /// - Precondition: 0 < least ≤ greatest ≤ 1, and a ratio of 1 ... 100.
    public init(leastArea: Double, greatestArea: Double, greatestRatio: Double) {
        precondition(Self.allows(leastArea, greatestArea, greatestRatio))
        self.leastArea = leastArea
        self.greatestArea = greatestArea
        self.greatestRatio = greatestRatio
    }

    private static func allows(_ least: Double, _ greatest: Double, _ ratio: Double) -> Bool {
        least > 0 && least <= greatest && greatest <= 1 && ratio >= 1 && ratio <= 100
    }

    /// Times that a part is drawn that may not fit; then the middle is taken.
    private static let attempts = 10

    /// The part of a picture that one sample shows in one epoch: a function of the arguments alone.
    public func draw(width: Int, height: Int, sampleIndex: Int, epoch: Int, seed: UInt64) -> Resampler.Box {
        draw(width: width, height: height, key: SampleKey(sampleIndex: sampleIndex, epoch: epoch, seed: seed))
    }

    func draw(width: Int, height: Int, key: SampleKey) -> Resampler.Box {
        var stream = key.stream(.crop)
        let logRatio = ExactFunctions.logarithm(greatestRatio)
        for _ in 0..<Self.attempts {
            let area = Double(width * height) * stream.uniform(leastArea, greatestArea)
            let ratio = ExactFunctions.exponential(stream.uniform(-logRatio, logRatio))
            let columns = Int((area * ratio).squareRoot().rounded(.toNearestOrEven))
            let rows = Int((area / ratio).squareRoot().rounded(.toNearestOrEven))
            guard columns > 0, columns <= width, rows > 0, rows <= height else { continue }
            let top = stream.nextInt(below: height - rows + 1)
            let left = stream.nextInt(below: width - columns + 1)
            return Resampler.Box(x: Double(left), y: Double(top), width: Double(columns), height: Double(rows))
        }
        let shape = Double(width) / Double(height)
        let columns = shape > greatestRatio ? max(1, Int((Double(height) * greatestRatio).rounded(.toNearestOrEven))) : width
        let rows = shape < 1 / greatestRatio ? max(1, Int((Double(width) * greatestRatio).rounded(.toNearestOrEven))) : height
        return Resampler.Box(
            x: Double((width - columns) / 2), y: Double((height - rows) / 2), width: Double(columns), height: Double(rows))
    }

    private enum CodingKeys: CodingKey { case leastArea, greatestArea, greatestRatio }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        leastArea = try container.decode(Double.self, forKey: .leastArea)
        greatestArea = try container.decode(Double.self, forKey: .greatestArea)
        greatestRatio = try container.decode(Double.self, forKey: .greatestRatio)
        guard Self.allows(leastArea, greatestArea, greatestRatio) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "impossible random crop"))
        }
    }
}

/// Who a sample is in a run: what its random changes are drawn from.
struct SampleKey {
    let sampleIndex: Int
    let epoch: Int
    let seed: UInt64

    func stream(_ purpose: RandomPurpose) -> RandomStream {
        RandomStream(seed: seed, purpose: purpose, major: epoch, minor: sampleIndex)
    }
}
