import Tensors

/// Labels drawn at random from a data set, and their new numbers.
///
///     let subset = LabelSubset.draw(3, from: 10, seed: 1)
///     subset.drawn       // as they were drawn, [6, 1, 4] say: the record
///     subset.labels      // [1, 4, 6]: these become labels 0, 1, 2
public struct LabelSubset: Codable, Hashable, Sendable {
    /// The number of labels that the draw was made from.
    public let from: Int
    public let seed: UInt64
    /// Original labels in the order in which they were drawn.
    public let drawn: [Int]

    /// Draws without replacement. The first labels of a longer draw with the same seed are a shorter one.
    /// - Precondition: 1 ≤ count ≤ from.
    public static func draw(_ count: Int, from: Int, seed: UInt64) -> LabelSubset {
        precondition(count >= 1 && count <= from, "\(count) labels of \(from)")
        var stream = RandomStream(seed: seed, purpose: .labelSubset)
        var labels = Array(0..<from)
        for place in 0..<count {
            labels.swapAt(place, place + stream.nextInt(below: from - place))
        }
        return LabelSubset(from: from, seed: seed, drawn: Array(labels[..<count]))
    }

    /// Original labels in ascending order; a label's place here is its new number.
    public var labels: [Int] { drawn.sorted() }

    /// The new number of every original label; nil for those that were not drawn.
    public var renumbering: [Int32?] {
        var numbers = [Int32?](repeating: nil, count: from)
        for (number, label) in labels.enumerated() { numbers[label] = Int32(number) }
        return numbers
    }

    private init(from: Int, seed: UInt64, drawn: [Int]) {
        self.from = from
        self.seed = seed
        self.drawn = drawn
    }

    private enum CodingKeys: CodingKey { case from, seed, drawn }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        from = try container.decode(Int.self, forKey: .from)
        seed = try container.decode(UInt64.self, forKey: .seed)
        drawn = try container.decode([Int].self, forKey: .drawn)
        let from = from
        guard !drawn.isEmpty, Set(drawn).count == drawn.count, drawn.allSatisfy({ $0 >= 0 && $0 < from }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .drawn, in: container, debugDescription: "\(drawn) is no draw from \(from) labels")
        }
    }
}
