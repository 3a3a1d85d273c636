import Diagnostics
import Tensors

/// The output of one layer, where heads are attached: [N, height, width, channels], after its activation and the max-pool where
/// one follows; of an EfficientNet's stage what its last block yields.
public struct Tap: Hashable, Sendable {
    /// "conv1" …, or "stem", "stage1" … "stage7", "head"
    public let name: String
    public let height: Int
    public let width: Int
    public let channels: Int
    /// Floats per sample.
    public var count: Int { height * width * channels }
}

/// A network's plan: its layers, the layouts of its tensors, its taps. It holds no weights; those are `ParameterVector`s
/// that lanes are handed. Immutable, so all lanes of a process share one.
///
/// In memory a convolution's weights are [kH, kW, Cin, Cout] and a linear layer's [out, in], where a flattened map runs row,
/// column, channel; weight files have torchvision's orders and are converted when read and written.
public struct Network: Sendable {
    public let specification: ModelSpecification
    /// Trainable tensors under torchvision's `state_dict` names, in its order.
    public let parameterLayout: TensorLayout
    /// Every batch norm's running_mean and running_var, in order; empty without batch norm.
    public let statisticsLayout: TensorLayout
    /// From the image on: one for every convolution of a VGG; after the stem, every stage and the head of an EfficientNet; none of
    /// the linear network, which has no filters.
    public let taps: [Tap]

    /// What stands before the classifier.
    enum Features: Sendable {
        case convolutions([ConvolutionBlock])
        case inverted(InvertedFeatures)
    }

    let features: Features
    /// Rows and columns to which the last map is averaged before the classifier; nil for the linear classifier.
    let classifierPool: Int?
    let stages: [LinearStage]

    /// Batch norm's ε, PyTorch's default.
    static let batchNormEpsilon: Float = 1e-5

    /// How convolutions are computed; it decides last bits.
    public enum Convolutions: Sendable {
        /// By the scheme that suits each layer's shape, see `ConvolutionPlan`.
        case byShape
        /// As sums over the kernel's taps, all of them: what the others are compared with.
        case direct
    }

    /// - Throws: a `Problem` that names the first impossible field of the specification.
    public init(_ specification: ModelSpecification, convolutions: Convolutions = .byShape) throws(Problem) {
        let architecture = try specification.validatedArchitecture()
        var builder = NetworkBuilder(specification, convolutions: convolutions)
        switch architecture {
        case .vgg(let configuration):
            for step in configuration.steps { builder.append(step) }
            builder.appendClassifier()
            features = .convolutions(builder.blocks)
            taps = builder.blocks.map {
                Tap(name: $0.name, height: $0.outputSize, width: $0.outputSize, channels: $0.outputChannels)
            }
        case .efficientNet:
            let inverted = builder.appendInvertedFeatures()
            features = .inverted(inverted)
            taps = inverted.taps
        case .linear:
            builder.appendClassifier()
            features = .convolutions([])
            taps = []
        }
        self.specification = specification
        parameterLayout = builder.parameters
        statisticsLayout = builder.statistics
        classifierPool = builder.classifierPool
        stages = builder.stages
    }

    /// The convolutions of a VGG; none of the others.
    var blocks: [ConvolutionBlock] {
        if case .convolutions(let blocks) = features { blocks } else { [] }
    }
    /// Nil but for an EfficientNet.
    var inverted: InvertedFeatures? {
        if case .inverted(let inverted) = features { inverted } else { nil }
    }

    /// From the image on.
    var batchNorms: [BatchNormEntries] { inverted?.batchNorms ?? blocks.compactMap(\.batchNorm) }

    /// Floats of one image, H · W · C.
    public var inputCount: Int { specification.inputSize * specification.inputSize * specification.inputChannels }
    public var parameterCount: Int { parameterLayout.elementCount }
    /// Multiply-adds of one image's forward pass, in convolutions and linear layers.
    public var multiplyAdds: Int {
        let convolutions = inverted?.multiplyAdds ?? blocks.reduce(0) { $0 + $1.multiplyAdds }
        return stages.reduce(convolutions) { $0 + $1.multiplyAdds }
    }
}
