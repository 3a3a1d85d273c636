import Kernels
import Tensors

/// Forward, loss and gradient of every head of a set from one pass of the frozen network: by one thread at a time, and
/// without allocating tensors.
///
///     let logits = inference.run(sampleCount: 25, parameters: weights, statistics: statistics)
///     let outcomes = lane.run(inference, labels: labels, parameters: heads, gradients: gradients, gradientScale: 0.01)
public final class HeadTrainingLane: Sendable {
    public let headSet: HeadSet
    public let shardSize: Int
    private let pooled: [Arena.Region?]
    private let logits: Arena.Region
    private let arena: Arena

    /// - Precondition: `shardSize` is positive.
    public init(_ headSet: HeadSet, shardSize: Int) {
        precondition(shardSize > 0, "empty shards")
        configureBLAS()
        self.headSet = headSet
        self.shardSize = shardSize
        var plan = Arena.Plan()
        var pooled: [Arena.Region?] = []
        for head in headSet.heads { pooled.append(head.isPooled ? plan.reserve(shardSize * head.inputs) : nil) }
        self.pooled = pooled
        logits = plan.reserve(shardSize * headSet.labels)
        arena = Arena(plan)
    }

    public var arenaByteCount: Int { arena.byteCount }

    /// What a head sees of the lane's latest run, [sampleCount, height, width, channels]: the tap, or its average where the
    /// head is pooled. Valid until either lane runs again.
    public func features(_ index: Int, of taps: InferenceLane) -> FloatBuffer {
        let head = headSet.heads[index]
        let tap = taps.tap(head.tapIndex)
        guard let region = pooled[index] else { return tap }
        let output = arena[region].slice(0, taps.sampleCount * head.inputs)
        let size = taps.network.taps[head.tapIndex]
        averagePoolForward(
            output: output, input: tap,
            geometry: AdaptivePoolGeometry(
                batch: taps.sampleCount, inputHeight: size.height, inputWidth: size.width, outputHeight: head.height,
                outputWidth: head.width, channels: head.channels))
        return output
    }

    /// - Parameters:
    ///   - taps: a lane with kept taps, after its `run`, of the network that the heads belong to.
    ///   - labels: [sampleCount], each in 0 ..< K
    ///   - shares: [sampleCount], the second labels of samples that are mixtures; nil where none is.
    ///   - parameters: head weights, in the set's layout.
    ///   - gradients: overwritten with the gradient of gradientScale · Σ loss of each head.
    /// - Returns: one outcome per head, in the set's order.
    public func run(
        _ taps: InferenceLane, labels: [Int32], shares: [LabelShare]? = nil, parameters: ParameterVector, gradients: ParameterVector,
        gradientScale: Float
    ) -> [ShardOutcome] {
        precondition(gradients.layout.totalCount == headSet.layout.totalCount, "gradients of other heads")
        return pass(
            taps, labels: labels, shares: shares, parameters: parameters, gradients: gradients, gradientScale: gradientScale)
    }

    /// Losses and correct answers alone.
    public func evaluate(_ taps: InferenceLane, labels: [Int32], parameters: ParameterVector) -> [ShardOutcome] {
        pass(taps, labels: labels, shares: nil, parameters: parameters, gradients: nil, gradientScale: 0)
    }

    private func pass(
        _ taps: InferenceLane, labels: [Int32], shares: [LabelShare]?, parameters: ParameterVector, gradients: ParameterVector?,
        gradientScale: Float
    ) -> [ShardOutcome] {
        let count = taps.sampleCount
        precondition(count > 0 && count <= shardSize, "\(count) samples in a lane for \(shardSize)")
        precondition(labels.count == count, "not one label a sample")
        precondition(parameters.layout.totalCount == headSet.layout.totalCount, "parameters of other heads")
        let logits = arena[logits].slice(0, count * headSet.labels)
        return headSet.heads.indices.map { index in
            let (head, entry) = (headSet.heads[index], headSet.layout.entries[index])
            let input = features(index, of: taps)
            linearForward(
                output: logits, input: input, weights: parameters.buffer(entry), bias: nil, rows: count, inputs: head.inputs,
                outputs: headSet.labels)
            let (lossSum, correct) = softmaxCrossEntropy(
                logits: logits, labels: labels, shares: shares, logitsGradient: gradients == nil ? nil : logits, rows: count,
                classes: headSet.labels, gradientScale: gradientScale)
            if let gradients {
                linearWeightGradient(
                    weightGradient: gradients.buffer(entry), biasGradient: nil, outputGradient: logits, input: input,
                    rows: count, inputs: head.inputs, outputs: headSet.labels)
            }
            return ShardOutcome(lossSum: lossSum, correct: correct)
        }
    }
}
