import Diagnostics
import Imaging

/// Which data set, where it lies and how it is taken: `NAME[:PATH][?option=value&…]`.
///
///     let specification = try DatasetSpecification("fashion-mnist?labels=3&seed=1&train=5000")
///     let dataset = try openDataset(specification)
///
/// The path runs from the first colon to the first question mark, as it stands.
public struct DatasetSpecification: Hashable, Sendable, CustomStringConvertible {
    public enum NormalizationChoice: String, CaseIterable, Sendable {
        /// 2v/255 − 1.
        case symmetric
        /// ImageNet's mean and deviation; see `Normalization.imagenet`.
        case imagenet
    }

    public var kind: DatasetKind
    /// A directory or file; nil where the data set's usual place is meant.
    public var path: String?
    /// Height and width of the network's input in pixels; nil for the data set's usual one.
    public var size: Int?
    /// Nil for the data set's usual one.
    public var normalization: NormalizationChoice?
    /// How pictures that change their size are weighed; nil for bilinear.
    public var interpolation: Interpolation?
    /// What happens to samples that cannot be decoded; nil for `fatal`.
    public var damaged: DamagedSamples?
    /// How many labels are drawn; nil takes them all.
    public var labels: Int?
    /// The seed of the draw of labels; used only where `labels` is set.
    public var seed: UInt64
    /// The most training samples: the first ones in file order, among those whose labels are taken.
    public var trainCap: Int?
    /// The most test samples, in the same way.
    public var testCap: Int?

    /// The seed of the draw of labels where none is given.
    public static let defaultSeed: UInt64 = 1

    public init(_ kind: DatasetKind, path: String? = nil) {
        self.kind = kind
        self.path = path
        seed = Self.defaultSeed
    }

    /// The canonical text: only options that are set, in one fixed order, with the seed wherever labels are drawn. Parsing
    /// it gives the specification back.
    public var description: String {
        var options: [String] = []
        if let size { options.append("size=\(size)") }
        if let normalization { options.append("normalize=\(normalization.rawValue)") }
        if let interpolation { options.append("interpolation=\(interpolation.rawValue)") }
        if let damaged { options.append("damaged=\(damaged.rawValue)") }
        if let labels { options += ["labels=\(labels)", "seed=\(seed)"] }
        if let trainCap { options.append("train=\(trainCap)") }
        if let testCap { options.append("test=\(testCap)") }
        return kind.rawValue + (path.map { ":\($0)" } ?? "") + (options.isEmpty ? "" : "?" + options.joined(separator: "&"))
    }

    /// The cap that holds for a split.
    public func cap(_ split: SplitName) -> Int? { split == .train ? trainCap : testCap }
}

extension DatasetSpecification: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode(String.self))
        } catch let problem as Problem {
            throw DecodingError.dataCorrupted(.init(
                codingPath: decoder.codingPath, debugDescription: problem.description, underlyingError: problem))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
