import Kernels

extension ConvolutionBlock {
    /// How its convolution is computed. The scheme does not depend on the batch.
    func plan(batch: Int) -> ConvolutionPlan {
        let geometry = ConvolutionGeometry(
            batch: batch, inputHeight: size, inputWidth: size, inputChannels: inputChannels, outputChannels: outputChannels)
        return convolutions == .direct ? ConvolutionPlan(geometry, scheme: .direct) : ConvolutionPlan(geometry)
    }

    func shape(batch: Int) -> BlockShape {
        BlockShape(batch: batch, height: size, width: size, channels: outputChannels, pooled: isPooled)
    }
}

extension Network {
    /// The most floats of workspace that a plan of any block asks for, for any shard of up to `shardSize` samples.
    func workspaceCount(shardSize: Int, _ count: (_ plan: ConvolutionPlan, _ block: ConvolutionBlock) -> Int) -> Int {
        // A smaller shard may be cut otherwise, so it is not taken for granted that the largest shard needs most.
        (1...shardSize).reduce(0) { largest, batch in
            blocks.reduce(largest) { max($0, count($1.plan(batch: batch), $1)) }
        }
    }

    /// Floats per sample of what the last map is averaged to in front of the classifier; nil where it is not.
    var averagedCount: Int? { inverted?.headChannels ?? averagePool(batch: 1)?.outputCount }

    /// The average pool between the last map and the classifier, where there is one.
    func averagePool(batch: Int) -> AdaptivePoolGeometry? {
        guard let classifierPool, let last = taps.last else { return nil }
        return AdaptivePoolGeometry(
            batch: batch, inputHeight: last.height, inputWidth: last.width, outputHeight: classifierPool,
            outputWidth: classifierPool, channels: last.channels)
    }
}
