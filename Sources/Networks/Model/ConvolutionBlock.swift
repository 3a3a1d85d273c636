import Tensors

/// One layer in the sense of the method: a 3×3 convolution, its batch norm where there is one, ReLU, and the max-pool
/// where one follows.
struct ConvolutionBlock: Sendable {
    let name: String
    /// torchvision's numbers, for files and descriptions: features.<index>.
    let featureIndex: Int
    let weight: TensorLayout.Entry
    let bias: TensorLayout.Entry
    let batchNorm: BatchNormEntries?
    /// Rows and columns of the block's input and, before the max-pool, of its output.
    let size: Int
    let inputChannels: Int
    let outputChannels: Int
    let isPooled: Bool
    let convolutions: Network.Convolutions

    /// Rows and columns of the tap.
    var outputSize: Int { isPooled ? size / 2 : size }
    /// Floats per sample.
    var inputCount: Int { size * size * inputChannels }
    /// Floats per sample before the max-pool.
    var activationCount: Int { size * size * outputChannels }
    /// Floats per sample after it.
    var outputCount: Int { outputSize * outputSize * outputChannels }
    /// Per sample.
    var multiplyAdds: Int { activationCount * inputChannels * 9 }

    var parameterCount: Int {
        weight.count + bias.count + (batchNorm?.parameterCount ?? 0)
    }
}

/// A linear layer of the classifier.
struct LinearStage: Sendable {
    /// What a flattened map was: its axes order differs between memory (row, column, channel) and files (channel, row,
    /// column).
    struct FlattenedMap: Sendable, Equatable {
        let size: Int
        let channels: Int
    }

    /// torchvision's name: "classifier" or "classifier.3".
    let name: String
    let weight: TensorLayout.Entry
    let bias: TensorLayout.Entry?
    let inputs: Int
    let outputs: Int
    /// ReLU and dropout follow.
    let isHidden: Bool
    /// Whether dropout acts on its input.
    let dropsInput: Bool
    /// Set where the input is a map.
    let flattened: FlattenedMap?

    var multiplyAdds: Int { inputs * outputs }
    var parameterCount: Int { weight.count + (bias?.count ?? 0) }
}
