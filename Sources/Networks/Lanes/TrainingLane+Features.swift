import Kernels
import Tensors

extension TrainingLane {
    func forwardFeatures(_ shard: Shard) {
        let parameters = shard.parameters
        var blockInput = buffer(regions.input, shard.count, network.inputCount)
        for (block, region) in zip(network.blocks, regions.blocks) {
            let activation = buffer(region.activation, shard.count, block.activationCount)
            let convolved = region.convolved.map { buffer($0, shard.count, block.activationCount) } ?? activation
            convolutionForward(
                output: convolved, input: blockInput, weights: parameters.buffer(block.weight),
                bias: parameters.buffer(block.bias), geometry: block.convolution(batch: shard.count),
                workspace: arena[regions.workspace])
            if let batchNorm = block.batchNorm, let inverseDeviation = region.inverseDeviation {
                batchNormForwardTraining(
                    output: activation, input: convolved, scale: parameters.buffer(batchNorm.scale),
                    shift: parameters.buffer(batchNorm.shift), batchMean: shard.batchStatistics.buffer(batchNorm.mean),
                    batchVariance: shard.batchStatistics.buffer(batchNorm.variance),
                    savedInverseDeviation: arena[inverseDeviation], rows: block.rows(batch: shard.count),
                    channels: block.outputChannels, epsilon: Network.batchNormEpsilon, relu: true)
            } else {
                reluForward(output: activation, input: convolved)
            }
            blockInput = buffer(region.output, shard.count, block.outputCount)
            if block.isPooled {
                maxPoolForward(output: blockInput, input: activation, geometry: block.maxPool(batch: shard.count))
            }
        }
    }

    /// - Parameter outputGradient: of the last tap.
    func backwardFeatures(_ shard: Shard, outputGradient: FloatBuffer) {
        let parameters = shard.parameters
        var gradient = outputGradient
        for index in network.blocks.indices.reversed() {
            let block = network.blocks[index]
            let region = regions.blocks[index]
            let activation = buffer(region.activation, shard.count, block.activationCount)
            if let pooled = region.pooled {
                let unpooled = buffer(regions.unpooledGradient, shard.count, block.activationCount)
                maxPoolBackward(
                    inputGradient: unpooled, outputGradient: gradient, input: activation,
                    output: buffer(pooled, shard.count, block.outputCount), geometry: block.maxPool(batch: shard.count))
                gradient = unpooled
            }
            backwardActivation(shard, block, region, gradient: gradient, activation: activation)
            let blockInput =
                index == 0
                ? buffer(regions.input, shard.count, network.inputCount)
                : buffer(regions.blocks[index - 1].output, shard.count, block.inputCount)
            let geometry = block.convolution(batch: shard.count)
            convolutionWeightGradient(
                weightGradient: shard.gradients.buffer(block.weight), biasGradient: shard.gradients.buffer(block.bias),
                outputGradient: gradient, input: blockInput, geometry: geometry, workspace: arena[regions.workspace])
            guard index > 0 else { return }
            // Without batch norm and max-pool `gradient` lies in the next block's memory, never in this one's.
            let inputGradient = buffer(region.inputGradient, shard.count, block.inputCount)
            convolutionInputGradient(
                inputGradient: inputGradient, outputGradient: gradient, weights: parameters.buffer(block.weight),
                geometry: geometry, workspace: arena[regions.workspace])
            gradient = inputGradient
        }
    }

    /// Back through ReLU and batch norm, in place.
    private func backwardActivation(
        _ shard: Shard, _ block: ConvolutionBlock, _ region: TrainingRegions.Block, gradient: FloatBuffer,
        activation: FloatBuffer
    ) {
        guard let batchNorm = block.batchNorm, let convolved = region.convolved, let deviation = region.inverseDeviation else {
            reluBackward(inputGradient: gradient, outputGradient: gradient, output: activation)
            return
        }
        batchNormBackward(
            inputGradient: gradient, scaleGradient: shard.gradients.buffer(batchNorm.scale),
            shiftGradient: shard.gradients.buffer(batchNorm.shift), outputGradient: gradient,
            input: buffer(convolved, shard.count, block.activationCount), output: activation,
            scale: shard.parameters.buffer(batchNorm.scale), savedMean: shard.batchStatistics.buffer(batchNorm.mean),
            savedInverseDeviation: arena[deviation], rows: block.rows(batch: shard.count), channels: block.outputChannels,
            relu: true)
    }
}
