import Foundation

// How workers come by their samples: sent with a unit, sent before it, or read from a copy of their own.

/// coordinator → worker: the samples of a unit that will follow, to be decoded meanwhile. They do not depend on weights, so they
/// come before those of the unit's step. No answer; a unit that is not wanted after all is cancelled.
public struct SampleShipment: Hashable, Codable, Sendable {
    /// The unit that they are for.
    public var unit: UInt64
    /// What the unit will ask for.
    public var work: UnitDescription
    /// `samples` and `labels` as a unit's; none where the worker reads its own copy.
    public var tensors: [WireTensor]

    public init(unit: UInt64, work: UnitDescription, tensors: [WireTensor] = []) {
        self.unit = unit
        self.work = work
        self.tensors = tensors
    }

    enum CodingKeys: String, CodingKey { case work }

    public init(from decoder: any Decoder) throws {
        unit = 0
        work = try decoder.container(keyedBy: CodingKeys.self).decode(UnitDescription.self, forKey: .work)
        tensors = []
    }
}

/// Facts by which two copies of a split are told apart without reading all of it: how many samples, and digests of their
/// labels, names and sizes. Equal facts, equal samples.
public struct SplitFacts: Hashable, Codable, Sendable {
    /// `train` or `test`.
    public var split: String
    public var facts: [String: String]

    public init(split: String, facts: [String: String]) {
        self.split = split
        self.facts = facts
    }

    /// What differs from another copy, in the facts' own words.
    public func differences(from other: SplitFacts) -> [String] {
        Set(facts.keys).union(other.facts.keys).sorted().filter { facts[$0] != other.facts[$0] }
    }
}

/// The coordinator's data set, so that a worker can tell whether it has the same.
public struct DataSummary: Hashable, Codable, Sendable {
    /// The specification, with the coordinator's own path.
    public var dataset: String
    public var splits: [SplitFacts]

    public init(dataset: String, splits: [SplitFacts]) {
        self.dataset = dataset
        self.splits = splits
    }
}

/// worker → coordinator: the splits of which it has a copy; it wants no samples of these from now on. It takes the place of
/// what it said before: without any split, it wants to be fed again.
public struct DataDeclaration: Hashable, Codable, Sendable {
    public var splits: [SplitFacts]
    public init(splits: [SplitFacts]) { self.splits = splits }
}

/// A sample that could not be decoded.
public struct DamagedSample: Hashable, Codable, Sendable {
    /// Its place in the split.
    public var sample: Int
    /// What is wrong with it.
    public var what: String

    public init(sample: Int, what: String) {
        self.sample = sample
        self.what = what
    }

    /// A result names no more than this many, and tells of each no more than this many bytes.
    public static let largestCount = 1000
    public static let largestText = 256
}

extension UnitDescription {
    /// The split whose samples the unit takes; nil where it takes none.
    public var split: String? {
        switch self {
        case .train, .heads: "train"
        case .survey: "test"
        case .filters: nil
        }
    }
}
