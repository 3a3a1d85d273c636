import Datasets
import Diagnostics
import Foundation
import Kernels
import Messages
import Tensors

/// The samples of one shard on their way to a lane. What can change is the feeder's, which guards it.
final class ShardFeed: @unchecked Sendable {
    /// Where the stored bytes come from.
    enum Source: Sendable {
        /// Sent by the coordinator, framed.
        case shipped(Data, labels: [Int32])
        /// Read from a copy on this machine.
        case own(Split)
    }

    /// What a network's input was filled with: the shard without its damaged samples.
    struct Contents: Sendable {
        var labels: [Int32]
        /// Positions in the split; they key dropout.
        var indices: [Int]
        /// The second labels of samples that are mixtures; nil where there are none.
        var shares: [LabelShare]?
        var damaged: [DamagedSample]
    }

    /// Why there is no input.
    struct Fault: Error, Sendable {
        let problem: Problem
        /// The sample that could not be decoded, if that was it.
        var sample: Int?
        /// Whether the copy on this machine is to blame, as far as this machine can tell.
        let isOwn: Bool
    }

    enum State {
        case waiting(Source)
        case underWay
        case ready(Tensor, Contents)
        case failed(Fault)
        /// With a lane, or not wanted any more.
        case gone
    }

    /// The shard's place in its mini-batch.
    let index: Int
    let sampleIndices: [Int]
    private let epoch: Int
    private let seed: UInt64
    private let augment: Bool
    /// Where the feeder keeps track of it.
    var state: State
    /// Whether a lane may come for it at any time.
    var isDue = false
    /// What `take` found.
    var damaged: [DamagedSample] = []
    var waitedSeconds = 0.0
    var fault: Fault?

    init(index: Int, sampleIndices: [Int], source: Source, work: UnitDescription) {
        self.index = index
        self.sampleIndices = sampleIndices
        state = .waiting(source)
        switch work {
        case .train(let unit), .heads(let unit): (epoch, seed, augment) = (unit.epoch, unit.seed, unit.augment)
        case .survey, .filters: (epoch, seed, augment) = (0, 0, false)
        }
    }

    /// Reads and decodes: [samples, S, S, C] floats into the front of `input`.
    /// - Parameter skips: whether damaged samples are left out; else the first one is the shard's fault.
    func decode(_ source: Source, into input: FloatBuffer, with preparer: SamplePreparer, skips: Bool) throws(Fault) -> Contents {
        let isOwn = if case .own = source { true } else { false }
        let outcome: SamplePreparer.Outcome
        let labels: [Int32]
        do throws(Problem) {
            let samples: Data
            switch source {
            case .shipped(let data, let shipped): (samples, labels) = (data, shipped)
            case .own(let split): (samples, labels) = (try split.encodedSamples(sampleIndices), split.labels(sampleIndices))
            }
            outcome = try preparer.prepareShard(
                samples, into: input, sampleIndices: sampleIndices, epoch: epoch, seed: seed, augment: augment)
        } catch {
            throw Fault(problem: error, isOwn: isOwn)
        }
        let damaged = outcome.damaged.map { place, problem in
            // Its number is told apart from what is wrong with it.
            DamagedSample(sample: sampleIndices[place], what: Self.shortened(problem.what, without: "sample \(sampleIndices[place]): "))
        }
        if let first = damaged.first, !skips {
            let place: String? = if case .own(let split) = source { split.sampleName(first.sample) } else { nil }
            throw Fault(problem: Problem(first.what, at: place), sample: first.sample, isOwn: isOwn)
        }
        if let first = damaged.first, outcome.kept.isEmpty {
            let problem = Problem("every sample of a shard is damaged, the first one thus: \(first.what)", remedy: "see filterscope datasets SPEC")
            throw Fault(problem: problem, sample: first.sample, isOwn: isOwn)
        }
        let kept = outcome.kept.map { labels[$0] }
        return Contents(
            labels: kept, indices: outcome.kept.map { sampleIndices[$0] },
            shares: outcome.shares?.map { LabelShare(otherLabel: kept[$0.partner], weight: $0.weight) }, damaged: damaged)
    }

    /// No longer than what travels may be.
    private static func shortened(_ text: String, without prefix: String) -> String {
        var text = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        while text.utf8.count > DamagedSample.largestText { text.removeLast() }
        return text
    }
}
