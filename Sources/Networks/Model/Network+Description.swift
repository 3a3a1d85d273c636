/// One line of `filterscope models`.
public struct LayerDescription: Hashable, Sendable {
    /// A tap's name, or the name of a linear layer in weight files.
    public let name: String
    /// "conv 3x3 + BN + ReLU + max-pool", "linear", …
    public let kind: String
    /// Of the output; a linear layer's is 1 × 1 × outputs.
    public let height: Int
    public let width: Int
    public let channels: Int
    public let parameterCount: Int
    /// Per image, forward.
    public let multiplyAdds: Int
}

extension Network {
    /// The layers from the image to the logits. Parameter counts and multiply-adds add up to the network's.
    public var layers: [LayerDescription] {
        blocks.map { block in
            LayerDescription(
                name: block.name,
                kind: "conv 3x3" + (block.batchNorm == nil ? "" : " + BN") + " + ReLU" + (block.isPooled ? " + max-pool" : ""),
                height: block.outputSize, width: block.outputSize, channels: block.outputChannels,
                parameterCount: block.parameterCount, multiplyAdds: block.multiplyAdds)
        }
            + stages.map { stage in
                LayerDescription(
                    name: stage.name, kind: stage.isHidden ? "linear + ReLU + dropout" : "linear", height: 1, width: 1,
                    channels: stage.outputs, parameterCount: stage.parameterCount, multiplyAdds: stage.multiplyAdds)
            }
    }
}
