import Tensors

extension ConvolutionBlock {
    /// The batch norm of inference as a factor and a bias of each filter, in Double: scale / √(variance + ε), and shift + (bias −
    /// mean) · factor. Without batch norm 1 and the convolution's bias.
    func foldBatchNorm(_ parameters: ParameterVector, _ statistics: ParameterVector, factors: FloatBuffer, bias folded: FloatBuffer) {
        let bias = parameters.buffer(bias)
        guard let batchNorm else {
            factors.fill(1)
            folded.copy(from: bias)
            return
        }
        batchNorm.fold(parameters, statistics, bias: bias, factors: factors, bias: folded)
    }

    /// The folded biases alone.
    func foldedBiases(_ parameters: ParameterVector, _ statistics: ParameterVector) -> [Float] {
        var memory = Tensor([2, outputChannels])
        return memory.withMutableBuffer { memory in
            let bias = memory.slice(outputChannels, outputChannels)
            foldBatchNorm(parameters, statistics, factors: memory.slice(0, outputChannels), bias: bias)
            return bias.array
        }
    }
}
