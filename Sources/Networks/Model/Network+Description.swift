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
        (inverted?.layers ?? blocks.map { block in
            LayerDescription(
                name: block.name,
                kind: "conv 3x3" + (block.batchNorm == nil ? "" : " + BN") + " + ReLU" + (block.isPooled ? " + max-pool" : ""),
                height: block.outputSize, width: block.outputSize, channels: block.outputChannels,
                parameterCount: block.parameterCount, multiplyAdds: block.multiplyAdds)
        })
            + stages.map { stage in
                LayerDescription(
                    name: stage.name, kind: stage.isHidden ? "linear + ReLU + dropout" : "linear", height: 1, width: 1,
                    channels: stage.outputs, parameterCount: stage.parameterCount, multiplyAdds: stage.multiplyAdds)
            }
    }
}

extension InvertedFeatures {
    /// The stem, every stage as one, and the head.
    fileprivate var layers: [LayerDescription] {
        taps.enumerated().map { index, tap in
            let members = blocks.filter { $0.stage == index }
            let stemAdds = blocks[0].expandedCount * stem.weight.count / blocks[0].expandedChannels
            let isFirst = index == 1
            let (kind, parameters, multiplyAdds) =
                switch index {
                case 0: ("conv 3x3 stride 2 + BN + SiLU", stem.parameterCount, stemAdds)
                case taps.count - 1: ("conv 1x1 + BN + SiLU", head.parameterCount, headMultiplyAdds)
                default:
                    (
                        members.first.map { "\(members.count) MBConv \($0.kernel)x\($0.kernel)" + ($0.stride == 2 ? " stride 2" : "") } ?? "",
                        members.reduce(isFirst ? -stem.parameterCount : 0) { $0 + $1.parameterCount },
                        members.reduce(isFirst ? -stemAdds : 0) { $0 + $1.multiplyAdds }
                    )
                }
            return LayerDescription(
                name: tap.name, kind: kind, height: tap.height, width: tap.width, channels: tap.channels, parameterCount: parameters,
                multiplyAdds: multiplyAdds)
        }
    }
}
