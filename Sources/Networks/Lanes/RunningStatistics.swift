import Tensors

/// running ← (1 − momentum) · running + momentum · meanOfShards, as PyTorch's batch norm after each training step; the
/// variances are the unbiased ones that `TrainingLane` yields.
///
/// - Parameter meanOfShards: batch statistics averaged over the shards of one mini-batch, in the same layout.
public func updateRunningStatistics(
    _ running: ParameterVector, meanOfShards: ParameterVector, momentum: Float = 0.1
) {
    precondition(running.layout == meanOfShards.layout, "statistics of two networks")
    let (target, source) = (running.buffer, meanOfShards.buffer)
    for index in 0..<target.count { target[index] = (1 - momentum) * target[index] + momentum * source[index] }
}
