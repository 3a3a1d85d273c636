import Tensors

/// An order in which every label comes up equally often, to within one visit an epoch, however many samples it has: samples
/// of rare labels come up several times, and those of frequent labels take turns over the epochs.
///
/// Places of the epoch are permuted as `EpochSampler` does, and dealt to the labels in turn. A label's own samples are visited
/// in shuffled rounds, each sample once a round, which go on from one epoch to the next. No table is made per epoch; one list
/// of the samples by label is kept.
public struct BalancedSampler: Hashable, Sendable {
    public let seed: UInt64
    private let order: EpochSampler
    /// Samples grouped by label, and where each label's begin; labels without samples are left out.
    private let samples: [Int32]
    private let starts: [Int]
    /// Each label's order, with a seed of its own.
    private let rounds: [EpochSampler]

    /// - Precondition: there is a sample, and no label is negative.
    public init(labels: [Int32], seed: UInt64) {
        precondition(!labels.isEmpty)
        self.seed = seed
        order = EpochSampler(count: labels.count, seed: seed)
        var counts = [Int](repeating: 0, count: Int(labels.max() ?? 0) + 1)
        for label in labels { counts[Int(label)] += 1 }
        var places: [Int] = []
        var total = 0
        for count in counts {
            places.append(total)
            total += count
        }
        starts = zip(places, counts).filter { $1 > 0 }.map(\.0)
        rounds = counts.enumerated().filter { $1 > 0 }.map { label, count in
            var stream = RandomStream(seed: seed, purpose: .balance, minor: label)
            return EpochSampler(count: count, seed: UInt64(stream.nextWord()) << 32 | UInt64(stream.nextWord()))
        }
        var grouped = [Int32](repeating: 0, count: labels.count)
        for (sample, label) in labels.enumerated() {
            grouped[places[Int(label)]] = Int32(sample)
            places[Int(label)] += 1
        }
        samples = grouped
    }

    /// As many places as there are samples.
    public var count: Int { order.count }

    /// The sample that stands at `position` of `epoch`.
    /// - Precondition: 0 ≤ position < count, and `epoch` fits in 32 bits.
    public func index(at position: Int, epoch: Int) -> Int {
        let (visit, label) = order.index(at: position, epoch: epoch).quotientAndRemainder(dividingBy: starts.count)
        let perEpoch = count / starts.count + (label < count % starts.count ? 1 : 0)
        let (round, place) = (epoch * perEpoch + visit).quotientAndRemainder(dividingBy: rounds[label].count)
        return Int(samples[starts[label] + rounds[label].index(at: place, epoch: round & Int(UInt32.max))])
    }
}

/// In which order an epoch visits the samples.
public enum SampleOrder: Hashable, Sendable {
    /// Every sample once.
    case uniform(EpochSampler)
    /// Every label equally often.
    case balanced(BalancedSampler)

    public var count: Int {
        switch self {
        case .uniform(let sampler): sampler.count
        case .balanced(let sampler): sampler.count
        }
    }

    /// The samples that stand at `positions` of `epoch`, in that order.
    public func indices(at positions: Range<Int>, epoch: Int) -> [Int] {
        switch self {
        case .uniform(let sampler): sampler.indices(at: positions, epoch: epoch)
        case .balanced(let sampler): positions.map { sampler.index(at: $0, epoch: epoch) }
        }
    }
}
