import Kernels
import Tensors

extension TrainingLane {
    func forwardFeatures(_ shard: Shard) {
        var blockInput = buffer(regions.input, shard.count, network.inputCount)
        for (index, block) in network.blocks.enumerated() {
            let region = regions.blocks[index]
            let convolved = buffer(region.convolved, shard.count, block.activationCount)
            let coefficients = coefficients(index)
            let moments = block.batchNorm.map { _ in
                BlockMoments(
                    arena[regions.moments].slice(0, BlockMoments.count(channels: block.outputChannels)), channels: block.outputChannels)
            }
            block.plan(batch: shard.count).forward(
                output: convolved, moments: moments, input: blockInput, weights: shard.parameters.buffer(block.weight),
                bias: shard.parameters.buffer(block.bias), workspace: arena[regions.workspace])
            shard.profile?.end(.convolutionForward, layer: index)
            let shape = block.shape(batch: shard.count)
            if let batchNorm = block.batchNorm, let moments {
                finishBatchStatistics(
                    moments, coefficients: coefficients, batchMean: shard.batchStatistics.buffer(batchNorm.mean),
                    batchVariance: shard.batchStatistics.buffer(batchNorm.variance),
                    scale: shard.parameters.buffer(batchNorm.scale), shift: shard.parameters.buffer(batchNorm.shift),
                    rows: shape.rows, epsilon: Network.batchNormEpsilon)
            } else {
                coefficients.setIdentity()
            }
            blockInput = buffer(region.output, shard.count, block.outputCount)
            normalizeBlock(output: blockInput, convolved: convolved, coefficients: coefficients, shape: shape)
            shard.profile?.end(.normalization, layer: index)
        }
    }

    /// - Parameter outputGradient: of the last tap.
    func backwardFeatures(_ shard: Shard, outputGradient: FloatBuffer) {
        var gradient = outputGradient
        for index in network.blocks.indices.reversed() {
            let block = network.blocks[index]
            let region = regions.blocks[index]
            let shape = block.shape(batch: shard.count)
            let convolved = buffer(region.convolved, shard.count, block.activationCount)
            finishGradients(shard, index, outputGradient: gradient, convolved: convolved, shape: shape)
            shard.profile?.end(.reductions, layer: index)
            let blockInput =
                index == 0
                ? buffer(regions.input, shard.count, network.inputCount)
                : buffer(regions.blocks[index - 1].output, shard.count, block.inputCount)
            let inputGradient = index == 0 ? nil : buffer(region.inputGradient, shard.count, block.inputCount)
            block.plan(batch: shard.count).backward(
                weightGradient: shard.gradients.buffer(block.weight), adds: shard.adds, inputGradient: inputGradient,
                outputGradient: gradient, convolved: convolved, coefficients: coefficients(index), shape: shape, input: blockInput,
                weights: shard.parameters.buffer(block.weight), workspace: arena[regions.workspace])
            shard.profile?.end(.convolutionBackward, layer: index)
            if let inputGradient { gradient = inputGradient }
        }
    }

    /// The sums over the batch that a block's way back begins with, and the gradients of its vectors.
    private func finishGradients(
        _ shard: Shard, _ index: Int, outputGradient: FloatBuffer, convolved: FloatBuffer, shape: BlockShape
    ) {
        let block = network.blocks[index]
        let biasGradient = shard.gradients.buffer(block.bias)
        guard let batchNorm = block.batchNorm else {
            finishBiasGradient(
                coefficients: coefficients(index), biasGradient: biasGradient, adds: shard.adds, outputGradient: outputGradient,
                convolved: convolved, shape: shape)
            return
        }
        finishBatchGradients(
            coefficients: coefficients(index), scaleGradient: shard.gradients.buffer(batchNorm.scale),
            shiftGradient: shard.gradients.buffer(batchNorm.shift), adds: shard.adds, outputGradient: outputGradient,
            convolved: convolved, shape: shape)
        // A batch norm takes a constant away again: the loss does not depend on the bias in front of it.
        if !shard.adds { biasGradient.fill(0) }
    }

    private func coefficients(_ index: Int) -> ChannelCoefficients {
        ChannelCoefficients(arena[regions.blocks[index].coefficients], channels: network.blocks[index].outputChannels)
    }
}
