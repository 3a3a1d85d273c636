import Kernels

/// A convolution of a network as kernels see it, with what follows it up to the next one: for benchmarks and descriptions.
public struct ConvolutionLayer: Sendable {
    private let block: ConvolutionBlock

    init(_ block: ConvolutionBlock) { self.block = block }

    /// "conv1" …
    public var name: String { block.name }
    /// Rows and columns of its input and, before the max-pool, of its output.
    public var size: Int { block.size }
    public var inputChannels: Int { block.inputChannels }
    public var outputChannels: Int { block.outputChannels }
    public var isPooled: Bool { block.isPooled }
    public var hasBatchNorm: Bool { block.batchNorm != nil }

    /// How lanes compute it for a shard of `batch` samples.
    public func plan(batch: Int) -> ConvolutionPlan { block.plan(batch: batch) }
    /// Its maps up to the next layer.
    public func shape(batch: Int) -> BlockShape { block.shape(batch: batch) }
}

/// A linear layer of the classifier.
public struct LinearLayer: Sendable {
    public let name: String
    public let inputs: Int
    public let outputs: Int
    /// ReLU and dropout follow.
    public let isHidden: Bool
}

extension Network {
    /// Every convolution, from the image on.
    public var convolutionLayers: [ConvolutionLayer] { blocks.map(ConvolutionLayer.init) }
    public var linearLayers: [LinearLayer] {
        stages.map { LinearLayer(name: $0.name, inputs: $0.inputs, outputs: $0.outputs, isHidden: $0.isHidden) }
    }
}
