import Imaging
import Tensors

/// Mixes every sample of a shard with the one before it (the first with the last): mixup (Zhang et al., arXiv:1710.09412)
/// adds the two, CutMix (Yun et al., arXiv:1905.04899) pastes a rectangle of the other one. Shards are the same whoever
/// computes them, and so are the mixtures.
public struct SampleMixing: Codable, Hashable, Sendable {
    /// Both parameters of the beta distribution that weights are drawn from; nil where that kind is not used. With both
    /// kinds, each sample draws one of them.
    public let mixup: Double?
    public let cutMix: Double?

    /// - Precondition: at least one is given, each within 0.01 ... 4.
    public init(mixup: Double? = nil, cutMix: Double? = nil) {
        self.mixup = mixup
        self.cutMix = cutMix
        precondition(isPossible)
    }

    private var isPossible: Bool {
        (mixup != nil || cutMix != nil) && [mixup, cutMix].allSatisfy { $0.map { $0 >= 0.01 && $0 <= 4 } ?? true }
    }

    /// What a row of a shard is made of: its label counts `weight`, the label of row `partner` the rest.
    public struct Share: Hashable, Sendable {
        public let partner: Int
        public let weight: Float
    }

    /// How one sample is mixed in one epoch.
    enum Draw: Hashable {
        case blend(weight: Float)
        case paste(rows: Range<Int>, columns: Range<Int>)
    }

    func draw(key: SampleKey, size: Int) -> Draw {
        var stream = key.stream(.mixing)
        let pastes = stream.nextBool()
        if let cutMix, pastes || mixup == nil {
            let half = 0.5 * (1 - stream.beta(cutMix)).squareRoot()
            let reach = Int(half * Double(size))
            let (column, row) = (stream.nextInt(below: size), stream.nextInt(below: size))
            func range(_ center: Int) -> Range<Int> { max(0, center - reach)..<min(size, center + reach) }
            return .paste(rows: range(row), columns: range(column))
        }
        return .blend(weight: Float(stream.beta(mixup ?? 1)))
    }

    private enum CodingKeys: CodingKey { case mixup, cutMix }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mixup = try container.decodeIfPresent(Double.self, forKey: .mixup)
        cutMix = try container.decodeIfPresent(Double.self, forKey: .cutMix)
        guard isPossible else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "impossible mixing"))
        }
    }
}

extension SampleMixing {
    /// Mixes `count` prepared samples of [size, size, channels] in place.
    /// - Parameter spare: room for one sample.
    /// - Returns: what each row is made of.
    func mix(
        _ samples: FloatBuffer, count: Int, size: Int, channels: Int, spare: FloatBuffer, key: (Int) -> SampleKey
    ) -> [Share] {
        guard count > 1 else { return (0..<count).map { Share(partner: $0, weight: 1) } }
        let length = size * size * channels
        spare.copy(from: samples.slice((count - 1) * length, length))
        var shares: [Share] = []
        // From the last to the first, so that each row finds the one before it as it was.
        for row in (0..<count).reversed() {
            let own = samples.slice(row * length, length)
            let other = row == 0 ? spare : samples.slice((row - 1) * length, length)
            let weight: Float
            switch draw(key: key(row), size: size) {
            case .blend(let drawn):
                blend(own, with: other, weight: drawn)
                weight = drawn
            case .paste(let rows, let columns):
                paste(other, over: own, rows: rows, columns: columns, size: size, channels: channels)
                weight = 1 - Float(rows.count * columns.count) / Float(size * size)
            }
            shares.append(Share(partner: row == 0 ? count - 1 : row - 1, weight: weight))
        }
        return shares.reversed()
    }
}
