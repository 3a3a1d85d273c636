import Tensors

/// Walks through a configuration and numbers the layers as torchvision's `nn.Sequential`s do.
struct NetworkBuilder {
    private let specification: ModelSpecification
    private let convolutions: Network.Convolutions
    private var featureIndex = 0
    private var size: Int
    private var channels: Int
    /// A convolution waits here until it is known whether a max-pool follows.
    private(set) var blocks: [ConvolutionBlock] = []
    private(set) var stages: [LinearStage] = []
    private(set) var classifierPool: Int?
    private(set) var parameters = TensorLayout()
    private(set) var statistics = TensorLayout()

    init(_ specification: ModelSpecification, convolutions: Network.Convolutions) {
        self.specification = specification
        self.convolutions = convolutions
        size = specification.inputSize
        channels = specification.inputChannels
    }

    mutating func append(_ step: VGGConfiguration.Step) {
        switch step {
        case .convolution(let multiple): appendConvolution(outputChannels: specification.channels?[blocks.count] ?? multiple * specification.width)
        case .pool:
            if let last = blocks.popLast() { blocks.append(last.pooled()) }
            size /= 2
            featureIndex += 1
        }
    }

    private mutating func appendConvolution(outputChannels: Int) {
        let name = "features.\(featureIndex)"
        let weight = parameters.appended(name + ".weight", [3, 3, channels, outputChannels])
        let bias = parameters.appended(name + ".bias", [outputChannels])
        let batchNorm = specification.batchNorm
            ? BatchNormEntries(
                "features.\(featureIndex + 1)", channels: outputChannels, parameters: &parameters, statistics: &statistics) : nil
        blocks.append(
            ConvolutionBlock(
                name: "conv\(blocks.count + 1)", featureIndex: featureIndex, weight: weight, bias: bias, batchNorm: batchNorm,
                size: size, inputChannels: channels, outputChannels: outputChannels, isPooled: false,
                convolutions: convolutions))
        channels = outputChannels
        // Convolution, batch norm, ReLU.
        featureIndex += specification.batchNorm ? 3 : 2
    }

    mutating func appendClassifier() {
        switch specification.classifier {
        case .linear:
            appendStage(
                "classifier", flattened: LinearStage.FlattenedMap(size: size, channels: channels),
                outputs: specification.labels, bias: specification.classifierBias)
        case .mlp:
            let pool = 7
            // 4,096 units at the papers' width of 64.
            let hidden = 64 * specification.width
            classifierPool = pool
            appendStage(
                "classifier.0", flattened: LinearStage.FlattenedMap(size: pool, channels: channels), outputs: hidden,
                isHidden: true)
            appendStage("classifier.3", inputs: hidden, outputs: hidden, isHidden: true)
            appendStage("classifier.6", inputs: hidden, outputs: specification.labels)
        }
    }

    /// The convolutions of an EfficientNet and the linear layer behind their global average pool.
    mutating func appendInvertedFeatures() -> InvertedFeatures {
        let features = InvertedFeatures(specification, parameters: &parameters, statistics: &statistics)
        appendStage("classifier.1", inputs: features.headChannels, outputs: specification.labels, dropsInput: true)
        return features
    }

    private mutating func appendStage(
        _ name: String, inputs: Int? = nil, flattened: LinearStage.FlattenedMap? = nil, outputs: Int, bias: Bool = true,
        isHidden: Bool = false, dropsInput: Bool = false
    ) {
        let inputs = inputs ?? flattened.map { $0.size * $0.size * $0.channels } ?? 0
        stages.append(
            LinearStage(
                name: name, weight: parameters.appended(name + ".weight", [outputs, inputs]),
                bias: bias ? parameters.appended(name + ".bias", [outputs]) : nil, inputs: inputs, outputs: outputs,
                isHidden: isHidden, dropsInput: dropsInput, flattened: flattened))
    }
}

extension ConvolutionBlock {
    fileprivate func pooled() -> ConvolutionBlock {
        ConvolutionBlock(
            name: name, featureIndex: featureIndex, weight: weight, bias: bias, batchNorm: batchNorm, size: size,
            inputChannels: inputChannels, outputChannels: outputChannels, isPooled: true,
            convolutions: convolutions)
    }
}
