import Diagnostics
import Kernels
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
    /// What the network's optimizer carries from step to step.
    let optimizer: OptimizerState
    /// The running average of network and statistics, where one is kept; the start's until the first step.
    let average: (network: ParameterVector, statistics: ParameterVector)?
    let heads: ParameterVector
    let headOptimizer: OptimizerState

    /// The start of a run: drawn weights, optimizers at rest.
    /// - Parameter isDrawn: false leaves the weights at zero, for a checkpoint to fill: drawing those of a large network takes longer
    ///   than reading them.
    init(network: Network, heads: HeadSet, seed: UInt64, optimizer: Optimizer, keepsAverage: Bool, isDrawn: Bool = true) {
        self.network = (isDrawn ? network.initialParameters(seed: seed) : ParameterVector(network.parameterLayout)).shared()
        statistics = network.initialStatistics()
        self.optimizer = OptimizerState(optimizer, network.parameterLayout)
        average = keepsAverage ? (self.network.copy().shared(), statistics.copy()) : nil
        self.heads = (isDrawn ? heads.initialParameters(seed: seed) : ParameterVector(heads.layout)).shared()
        headOptimizer = OptimizerState(.nesterov(momentum: 0), heads.layout)
    }

    /// A network to be trained further, from its weights and statistics: its optimizer at rest, heads left as they are, no average.
    init(continuing state: TrainingState, optimizer: Optimizer) {
        network = state.network.copy().shared()
        statistics = state.statistics.copy()
        self.optimizer = OptimizerState(optimizer, network.layout)
        average = nil
        heads = state.heads
        headOptimizer = state.headOptimizer
    }

    /// The vectors under the prefixes that they have in a checkpoint.
    var vectors: [(prefix: String, vector: ParameterVector)] {
        var vectors = networkVectors
        if let average { vectors += [("average", average.network), ("average-statistics", average.statistics)] }
        vectors.append(("heads", heads))
        return vectors + headOptimizer.vectors.map { ("head-" + $0.name, $0.vector) }
    }

    /// Those of the network alone, which retraining changes.
    var networkVectors: [(prefix: String, vector: ParameterVector)] {
        [("network", network), ("statistics", statistics)] + optimizer.vectors.map { ($0.name, $0.vector) }
    }

    /// What is tested and what training ends with: the average where one is kept, else the weights as they stand.
    var judged: (network: ParameterVector, statistics: ParameterVector) { average ?? (network, statistics) }

    /// Puts the average in the place of the network. Doing it twice is doing it once.
    func adoptAverage() {
        guard let average else { return }
        network.rewrite { $0.copy(from: average.network.buffer) }
        statistics.rewrite { $0.copy(from: average.statistics.buffer) }
    }
}

/// The vectors of an optimizer over one layout, zero at the start.
struct OptimizerState {
    let vectors: [(name: String, vector: ParameterVector)]

    init(_ optimizer: Optimizer, _ layout: TensorLayout) {
        vectors = optimizer.stateNames.map { ($0, ParameterVector(layout)) }
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
