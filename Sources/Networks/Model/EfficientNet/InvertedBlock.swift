import Kernels
import Tensors

/// A mobile inverted bottleneck with squeeze-excitation (Sandler et al. 2018; Tan et al. 2019), "MBConv": expansion, depthwise
/// convolution, gates, projection, a batch norm behind each convolution, SiLU behind the first two, and the sum with its input where the
/// sizes allow it.
///
/// The first block has no expansion of its own; the stem, a 3×3 convolution of the image with stride 2, stands in its place, and the
/// two are computed alike.
struct InvertedBlock: Sendable {
    /// A convolution without bias and the batch norm behind it.
    struct Convolution: Sendable {
        let weight: TensorLayout.Entry
        let batchNorm: BatchNormEntries

        var parameterCount: Int { weight.count + batchNorm.parameterCount }
    }

    struct SqueezeExcitation: Sendable {
        let reduce: TensorLayout.Entry
        let reduceBias: TensorLayout.Entry
        let expand: TensorLayout.Entry
        let expandBias: TensorLayout.Entry

        var parameterCount: Int { reduce.count + reduceBias.count + expand.count + expandBias.count }
        var squeezedChannels: Int { reduceBias.count }

        func tensors(_ vector: ParameterVector) -> SqueezeExcitationTensors {
            SqueezeExcitationTensors(
                reduce: vector.buffer(reduce), reduceBias: vector.buffer(reduceBias), expand: vector.buffer(expand),
                expandBias: vector.buffer(expandBias))
        }
    }

    /// From 0, over all stages.
    let index: Int
    /// From 1.
    let stage: Int
    let expansion: Convolution
    let depthwise: Convolution
    let excitation: SqueezeExcitation
    let projection: Convolution
    let kernel: Int
    let stride: Int
    /// Rows and columns of the map that the depthwise convolution reads.
    let size: Int
    /// Channels that enter the block; those of the image for the first.
    let inputChannels: Int
    let outputChannels: Int
    /// Whether its input is added to what the projection yields.
    let isResidual: Bool
    /// The share of samples for which training leaves the block out, where it is residual.
    let dropShare: Float
    /// Whether it is the last one of its stage, whose output is a tap.
    let endsStage: Bool

    var expandedChannels: Int { depthwise.weight.shape[3] }
    /// Rows and columns of the output.
    var outputSize: Int { (size - 1) / stride + 1 }
    /// Floats per sample of the expanded map, the depthwise convolution's output, and the block's.
    var expandedCount: Int { size * size * expandedChannels }
    var depthwiseCount: Int { outputSize * outputSize * expandedChannels }
    var outputCount: Int { outputSize * outputSize * outputChannels }

    var parameterCount: Int {
        expansion.parameterCount + depthwise.parameterCount + excitation.parameterCount + projection.parameterCount
    }
    /// Per sample; of the first block with the stem's.
    var multiplyAdds: Int {
        expandedCount * expansion.weight.count / expandedChannels + depthwiseCount * kernel * kernel
            + 2 * excitation.reduce.count + outputSize * outputSize * projection.weight.count
    }

    // MARK: As kernels see it

    /// - Precondition: it is not the first.
    func expansionGeometry(batch: Int) -> PointwiseGeometry {
        PointwiseGeometry(batch: batch, positions: size * size, inputChannels: inputChannels, outputChannels: expandedChannels)
    }

    func depthwiseGeometry(batch: Int) -> DepthwiseGeometry {
        DepthwiseGeometry(batch: batch, height: size, width: size, channels: expandedChannels, kernel: kernel, stride: stride)
    }

    func excitationGeometry(batch: Int) -> SqueezeExcitationGeometry {
        SqueezeExcitationGeometry(
            batch: batch, positions: outputSize * outputSize, channels: expandedChannels,
            squeezedChannels: excitation.squeezedChannels, outputChannels: outputChannels)
    }

    func projectionGeometry(batch: Int) -> PointwiseGeometry {
        PointwiseGeometry(
            batch: batch, positions: outputSize * outputSize, inputChannels: expandedChannels, outputChannels: outputChannels)
    }
}
