import Diagnostics
import Networks
import Tensors

/// The phases of a run, in order. Raw values are what the journal and checkpoints say.
enum RunPhase: String, CaseIterable, Sendable {
    case training, heads, survey, filters, prune

    /// Whether it goes by steps of mini-batches; the others are one sum, or one pass over filters.
    var isStepped: Bool { self == .training || self == .heads || self == .prune }
}

/// Every number that a run carries from step to step, and with it all that a checkpoint holds.
final class TrainingState {
    /// Where a run stands: the step that comes next in a phase.
    struct Position: Hashable, Sendable {
        var phase: RunPhase
        var step: Int
    }

    var position = Position(phase: .training, step: 0)
    let network: ParameterVector
    let statistics: ParameterVector
    let velocity: ParameterVector
    let heads: ParameterVector
    let headVelocity: ParameterVector

    /// The start of a run: drawn weights, velocities at rest.
    init(network: Network, heads: HeadSet, seed: UInt64) {
        self.network = network.initialParameters(seed: seed).shared()
        statistics = network.initialStatistics()
        velocity = ParameterVector(network.parameterLayout)
        self.heads = heads.initialParameters(seed: seed).shared()
        headVelocity = ParameterVector(heads.layout)
    }

    /// A network to be trained further, from its weights and statistics: velocities at rest, heads left as they are.
    init(continuing state: TrainingState) {
        network = state.network.copy().shared()
        statistics = state.statistics.copy()
        velocity = ParameterVector(state.velocity.layout)
        heads = state.heads
        headVelocity = state.headVelocity
    }

    /// The vectors under the prefixes that they have in a checkpoint.
    var vectors: [(prefix: String, vector: ParameterVector)] {
        [
            ("network", network), ("statistics", statistics), ("velocity", velocity), ("heads", heads),
            ("head-velocity", headVelocity),
        ]
    }
}

extension ParameterVector {
    /// A copy that workers of this machine can read where it lies.
    fileprivate func shared() -> ParameterVector {
        guard sharedMemoryIsWanted else { return self }
        let copy = ParameterVector(sharing: layout)
        copy.buffer.copy(from: buffer)
        return copy
    }
}
