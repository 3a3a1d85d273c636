import Foundation
import Kernels
import Tensors

/// A network's weights as its convolutions want them: transformed once for each version of the weights, not once for each shard.
/// All lanes that compute with that version share one, and prepare it together: each takes pieces until none is left.
///
///     let weights = PreparedWeights(network, for: .training)
///     weights.assign(parameters)                     // one thread, while no lane computes with it
///     lane.run(…, weights: weights, …)               // any number of lanes
public final class PreparedWeights: @unchecked Sendable {
    public enum Purpose: Sendable {
        /// Forward and backward, batch norms apart.
        case training
        /// Forward only, batch norms with their running statistics folded in.
        case inference
    }

    public let network: Network
    public let purpose: Purpose
    private let regions: [BlockRegions]
    private let arena: Arena
    private let pieces: [Piece]

    struct BlockRegions {
        let forward: Arena.Region
        let backward: Arena.Region
        /// Of a folded batch norm: every filter's factor and bias.
        let factors: Arena.Region
        let bias: Arena.Region
    }

    /// Some input channels of a block.
    private struct Piece {
        let block: Int
        let inputs: Range<Int>
    }

    // `condition` guards all that follows.
    private let condition = NSCondition()
    private var sources: (parameters: ParameterVector, statistics: ParameterVector?)?
    private var next = 0
    private var finished = 0

    public init(_ network: Network, for purpose: Purpose) {
        self.network = network
        self.purpose = purpose
        var plan = Arena.Plan()
        var regions: [BlockRegions] = []
        var pieces: [Piece] = []
        for (index, block) in network.blocks.enumerated() {
            let convolution = block.plan(batch: 1)
            let inference = purpose == .inference
            let channels = inference ? block.outputChannels : 0
            regions.append(
                BlockRegions(
                    forward: plan.reserve(inference ? convolution.foldedCount : convolution.preparedCount),
                    backward: plan.reserve(inference ? 0 : convolution.preparedCount), factors: plan.reserve(channels),
                    bias: plan.reserve(channels)))
            guard inference || convolution.preparedCount > 0 else { continue }
            for first in stride(from: 0, to: block.inputChannels, by: Self.pieceChannels) {
                pieces.append(Piece(block: index, inputs: first..<min(first + Self.pieceChannels, block.inputChannels)))
            }
        }
        self.regions = regions
        // The large ones first, so that no thread is left alone with one at the end.
        self.pieces = pieces.reversed()
        arena = Arena(plan)
        finished = pieces.count
        next = pieces.count
    }

    /// A multiple of 16; fine enough to share out.
    private static let pieceChannels = 64

    public var byteCount: Int { arena.byteCount }

    /// Takes a new version of the weights, to be prepared by the lanes that come to use it. They are read until the next version is
    /// assigned. No lane may be computing with this object meanwhile.
    ///
    /// - Parameter statistics: running means and variances; needed for inference where the network has batch norm.
    public func assign(_ parameters: ParameterVector, statistics: ParameterVector? = nil) {
        precondition(parameters.layout.totalCount == network.parameterLayout.totalCount, "parameters of another network")
        if let statistics {
            precondition(statistics.layout.totalCount == network.statisticsLayout.totalCount, "statistics of another network")
        }
        if purpose == .inference { fold(parameters, statistics) }
        condition.withLock {
            sources = (parameters, statistics)
            next = 0
            finished = 0
        }
    }

    /// The weights as they were assigned. Every lane calls it before it computes: it returns when all pieces are prepared.
    ///
    /// - Precondition: weights were assigned.
    func complete() -> ParameterVector {
        condition.lock()
        defer { condition.unlock() }
        guard let parameters = sources?.parameters else { preconditionFailure("no weights were assigned") }
        while next < pieces.count {
            let piece = pieces[next]
            next += 1
            condition.unlock()
            prepare(piece, parameters)
            condition.lock()
            finished += 1
            if finished == pieces.count { condition.broadcast() }
        }
        while finished < pieces.count { condition.wait() }
        return parameters
    }

    func forward(_ block: Int) -> FloatBuffer { arena[regions[block].forward] }
    func backward(_ block: Int) -> FloatBuffer { arena[regions[block].backward] }
    func bias(_ block: Int) -> FloatBuffer { arena[regions[block].bias] }

    private func prepare(_ piece: Piece, _ parameters: ParameterVector) {
        let block = network.blocks[piece.block]
        let plan = block.plan(batch: 1)
        let weights = parameters.buffer(block.weight)
        switch purpose {
        case .training:
            plan.prepareForward(forward(piece.block), weights: weights, inputs: piece.inputs)
            plan.prepareBackward(backward(piece.block), weights: weights, inputs: piece.inputs)
        case .inference:
            plan.prepareFolded(
                forward(piece.block), weights: weights, factors: arena[regions[piece.block].factors], inputs: piece.inputs)
        }
    }

    /// factor = scale / √(variance + ε), bias = shift + (bias − mean) · factor, in Double; 1 and the bias without batch norm.
    private func fold(_ parameters: ParameterVector, _ statistics: ParameterVector?) {
        for (block, region) in zip(network.blocks, regions) {
            let (factors, folded, bias) = (arena[region.factors], arena[region.bias], parameters.buffer(block.bias))
            guard let batchNorm = block.batchNorm else {
                factors.fill(1)
                folded.copy(from: bias)
                continue
            }
            guard let statistics else { preconditionFailure("a batch norm without running statistics") }
            let (scale, shift) = (parameters.buffer(batchNorm.scale), parameters.buffer(batchNorm.shift))
            let (mean, variance) = (statistics.buffer(batchNorm.mean), statistics.buffer(batchNorm.variance))
            for channel in 0..<block.outputChannels {
                let factor = Double(scale[channel]) / (Double(variance[channel]) + Double(Network.batchNormEpsilon)).squareRoot()
                factors[channel] = Float(factor)
                folded[channel] = Float(Double(shift[channel]) + (Double(bias[channel]) - Double(mean[channel])) * factor)
            }
        }
    }
}
