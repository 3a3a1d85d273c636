import Kernels

extension ConvolutionBlock {
    func convolution(batch: Int) -> ConvolutionGeometry {
        ConvolutionGeometry(
            batch: batch, inputHeight: size, inputWidth: size, inputChannels: inputChannels, outputChannels: outputChannels)
    }

    func maxPool(batch: Int) -> PoolGeometry {
        PoolGeometry(batch: batch, height: size, width: size, channels: outputChannels)
    }

    /// Rows of a batch norm.
    func rows(batch: Int) -> Int { batch * size * size }
}

extension Network {
    /// Floats of workspace for the convolutions of any shard of up to `shardSize` samples.
    func workspaceCount(shardSize: Int) -> Int {
        // A smaller shard may be cut otherwise, so it is not taken for granted that the largest shard needs most.
        (1...shardSize).reduce(0) { largest, batch in
            blocks.reduce(largest) { max($0, convolutionWorkspaceCount($1.convolution(batch: batch))) }
        }
    }

    /// The average pool between the last map and the classifier, where there is one.
    func averagePool(batch: Int) -> AdaptivePoolGeometry? {
        guard let classifierPool, let last = taps.last else { return nil }
        return AdaptivePoolGeometry(
            batch: batch, inputHeight: last.height, inputWidth: last.width, outputHeight: classifierPool,
            outputWidth: classifierPool, channels: last.channels)
    }
}
