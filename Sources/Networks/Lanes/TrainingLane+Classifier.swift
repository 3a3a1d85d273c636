import Kernels
import Tensors

extension TrainingLane {
    /// The last block's output, averaged where the classifier wants it so; of the linear network the image.
    func classifierInput(_ count: Int) -> FloatBuffer {
        if let averaged = regions.averaged { return buffer(averaged, count, network.stages[0].inputs) }
        guard let last = network.blocks.last, let region = regions.blocks.last else {
            return buffer(regions.input, count, network.inputCount)
        }
        return buffer(region.output, count, last.outputCount)
    }

    /// - Returns: the logits, [count, K].
    func forwardClassifier(_ shard: Shard) -> FloatBuffer {
        var stageInput = classifierInput(shard.count)
        if let geometry = network.averagePool(batch: shard.count) {
            let last = network.blocks.count - 1
            averagePoolForward(
                output: stageInput, input: buffer(regions.blocks[last].output, shard.count, network.blocks[last].outputCount),
                geometry: geometry)
        }
        for (index, stage) in network.stages.enumerated() {
            if stage.dropsInput, network.specification.dropout > 0 {
                dropoutForward(
                    output: stageInput, input: stageInput, width: stage.inputs, probability: network.specification.dropout,
                    key: dropoutKey(shard, index), sampleIndices: shard.dropout.sampleIndices)
            }
            let output = buffer(regions.stages[index].output, shard.count, stage.outputs)
            linearForward(
                output: output, input: stageInput, weights: shard.parameters.buffer(stage.weight),
                bias: stage.bias.map { shard.parameters.buffer($0) }, rows: shard.count, inputs: stage.inputs,
                outputs: stage.outputs)
            if stage.isHidden {
                reluForward(output: output, input: output)
                if network.specification.dropout > 0 {
                    dropoutForward(
                        output: output, input: output, width: stage.outputs, probability: network.specification.dropout,
                        key: dropoutKey(shard, index), sampleIndices: shard.dropout.sampleIndices)
                }
            }
            stageInput = output
        }
        return stageInput
    }

    /// - Returns: the gradient of the last tap, or of an EfficientNet's means; of the linear network, which has neither, the logits'.
    func backwardClassifier(_ shard: Shard, logitsGradient: FloatBuffer) -> FloatBuffer {
        var gradient = logitsGradient
        for index in network.stages.indices.reversed() {
            let stage = network.stages[index]
            if stage.isHidden {
                if network.specification.dropout > 0 {
                    dropoutBackward(
                        inputGradient: gradient, outputGradient: gradient, width: stage.outputs,
                        probability: network.specification.dropout, key: dropoutKey(shard, index),
                        sampleIndices: shard.dropout.sampleIndices)
                }
                // Units that dropout silenced have output 0 and gradient 0 alike.
                reluBackward(
                    inputGradient: gradient, outputGradient: gradient,
                    output: buffer(regions.stages[index].output, shard.count, stage.outputs))
            }
            let stageInput =
                index == 0
                ? classifierInput(shard.count) : buffer(regions.stages[index - 1].output, shard.count, stage.inputs)
            linearWeightGradient(
                weightGradient: shard.gradients.buffer(stage.weight),
                biasGradient: stage.bias.map { shard.gradients.buffer($0) }, adds: shard.adds, outputGradient: gradient,
                input: stageInput, rows: shard.count, inputs: stage.inputs, outputs: stage.outputs)
            // Nobody asks for the gradient of an image.
            if index == 0, network.taps.isEmpty { return gradient }
            let inputGradient = buffer(regions.stages[index].inputGradient, shard.count, stage.inputs)
            linearInputGradient(
                inputGradient: inputGradient, outputGradient: gradient, weights: shard.parameters.buffer(stage.weight),
                rows: shard.count, inputs: stage.inputs, outputs: stage.outputs)
            gradient = inputGradient
            if stage.dropsInput, network.specification.dropout > 0 {
                dropoutBackward(
                    inputGradient: gradient, outputGradient: gradient, width: stage.inputs,
                    probability: network.specification.dropout, key: dropoutKey(shard, index),
                    sampleIndices: shard.dropout.sampleIndices)
            }
        }
        guard let geometry = network.averagePool(batch: shard.count) else { return gradient }
        let featureGradient = arena[regions.featureGradient].slice(0, geometry.inputCount)
        averagePoolBackward(inputGradient: featureGradient, outputGradient: gradient, geometry: geometry)
        return featureGradient
    }

    private func dropoutKey(_ shard: Shard, _ stage: Int) -> DropoutKey {
        DropoutKey(seed: shard.dropout.seed, step: shard.dropout.step, layer: stage)
    }
}
