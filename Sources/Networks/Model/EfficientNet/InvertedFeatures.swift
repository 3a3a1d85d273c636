import Kernels
import Tensors

/// The convolutions of an EfficientNet: the stem, which is its first block's expansion, the blocks, and the head's 1×1 convolution.
struct InvertedFeatures: Sendable {
    let blocks: [InvertedBlock]
    let head: InvertedBlock.Convolution
    /// Rows and columns of the image.
    let inputSize: Int
    let inputChannels: Int

    var headChannels: Int { head.weight.shape[3] }
    /// Rows and columns of the head's map.
    var headSize: Int { blocks[blocks.count - 1].outputSize }
    /// Floats per sample.
    var headCount: Int { headSize * headSize * headChannels }
    var headMultiplyAdds: Int { headSize * headSize * head.weight.count }
    var multiplyAdds: Int { blocks.reduce(headMultiplyAdds) { $0 + $1.multiplyAdds } }
    var stem: InvertedBlock.Convolution { blocks[0].expansion }

    /// From the image on.
    var batchNorms: [BatchNormEntries] {
        blocks.flatMap { [$0.expansion.batchNorm, $0.depthwise.batchNorm, $0.projection.batchNorm] } + [head.batchNorm]
    }

    /// After the stem, every stage and the head, all but the stages behind SiLU.
    var taps: [Tap] {
        let stem = Tap(name: "stem", height: blocks[0].size, width: blocks[0].size, channels: blocks[0].expandedChannels)
        let stages = blocks.filter(\.endsStage).map {
            Tap(name: "stage\($0.stage)", height: $0.outputSize, width: $0.outputSize, channels: $0.outputChannels)
        }
        return [stem] + stages + [Tap(name: "head", height: headSize, width: headSize, channels: headChannels)]
    }

    func stemGeometry(batch: Int) -> ConvolutionGeometry {
        ConvolutionGeometry(
            batch: batch, inputHeight: inputSize, inputWidth: inputSize, inputChannels: inputChannels,
            outputChannels: blocks[0].expandedChannels, stride: 2)
    }

    func headGeometry(batch: Int) -> PointwiseGeometry {
        PointwiseGeometry(
            batch: batch, positions: headSize * headSize, inputChannels: head.weight.shape[2], outputChannels: headChannels)
    }
}

extension InvertedFeatures {
    /// Adds the tensors in the order of torchvision's `state_dict`.
    init(_ specification: ModelSpecification, parameters: inout TensorLayout, statistics: inout TensorLayout) {
        let channels = specification.channels ?? EfficientNetConfiguration.channels
        var builder = InvertedBuilder(parameters: parameters, statistics: statistics)
        let stem = builder.convolution("features.0", kernel: 3, from: specification.inputChannels, to: channels[0])
        // Of the stem's output.
        var size = (specification.inputSize - 1) / 2 + 1
        var blocks: [InvertedBlock] = []
        var inputChannels = channels[0]
        for (index, stage) in EfficientNetConfiguration.stages.enumerated() {
            for place in 0..<stage.repeats {
                let block = builder.block(
                    "features.\(index + 1).\(place)", index: blocks.count, stage: index + 1, stage, isFirst: place == 0,
                    isLast: place == stage.repeats - 1, stem: blocks.isEmpty ? stem : nil, size: size, from: inputChannels,
                    imageChannels: specification.inputChannels, to: channels[index + 1], drop: specification.stochasticDepth)
                blocks.append(block)
                size = block.outputSize
                inputChannels = block.outputChannels
            }
        }
        head = builder.convolution("features.8", kernel: 1, from: inputChannels, to: channels[8])
        (parameters, statistics) = (builder.parameters, builder.statistics)
        self.blocks = blocks
        inputSize = specification.inputSize
        self.inputChannels = specification.inputChannels
    }
}

private struct InvertedBuilder {
    var parameters: TensorLayout
    var statistics: TensorLayout

    mutating func convolution(_ name: String, kernel: Int, from inputs: Int, to outputs: Int) -> InvertedBlock.Convolution {
        let weight = parameters.appended(name + ".0.weight", [kernel, kernel, inputs, outputs])
        return InvertedBlock.Convolution(
            weight: weight,
            batchNorm: BatchNormEntries(name + ".1", channels: outputs, parameters: &parameters, statistics: &statistics))
    }

    mutating func block(
        _ name: String, index: Int, stage number: Int, _ stage: EfficientNetConfiguration.Stage, isFirst: Bool, isLast: Bool,
        stem: InvertedBlock.Convolution?, size: Int, from inputs: Int, imageChannels: Int, to outputs: Int, drop: Float?
    ) -> InvertedBlock {
        let expanded = stage.expansion * inputs
        // Positions of torchvision's `block`: the expansion is left out where it would change nothing.
        var position = 0
        func next() -> String {
            defer { position += 1 }
            return "\(name).block.\(position)"
        }
        let expansion = stem ?? convolution(next(), kernel: 1, from: inputs, to: expanded)
        let depthwise = convolution(next(), kernel: stage.kernel, from: 1, to: expanded)
        let squeeze = next()
        let squeezed = max(1, inputs / 4)
        let excitation = InvertedBlock.SqueezeExcitation(
            reduce: parameters.appended(squeeze + ".fc1.weight", [1, 1, expanded, squeezed]),
            reduceBias: parameters.appended(squeeze + ".fc1.bias", [squeezed]),
            expand: parameters.appended(squeeze + ".fc2.weight", [1, 1, squeezed, expanded]),
            expandBias: parameters.appended(squeeze + ".fc2.bias", [expanded]))
        let projection = convolution(next(), kernel: 1, from: expanded, to: outputs)
        let stride = isFirst ? stage.stride : 1
        let most = drop ?? EfficientNetConfiguration.stochasticDepth
        return InvertedBlock(
            index: index, stage: number, expansion: expansion, depthwise: depthwise, excitation: excitation, projection: projection,
            kernel: stage.kernel, stride: stride, size: size, inputChannels: stem == nil ? inputs : imageChannels,
            outputChannels: outputs, isResidual: stride == 1 && inputs == outputs && stem == nil,
            dropShare: most * Float(index) / Float(EfficientNetConfiguration.blockCount), endsStage: isLast)
    }
}
