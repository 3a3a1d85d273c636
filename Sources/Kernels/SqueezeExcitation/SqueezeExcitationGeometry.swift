import Tensors

/// The sizes of a squeeze-excitation (Hu, Shen and Sun 2018) on a map [N, positions, C] and of the 1×1 convolution behind it,
/// [C, F].
public struct SqueezeExcitationGeometry: Hashable, Sendable {
    public let batch: Int
    /// H · W
    public let positions: Int
    /// C
    public let channels: Int
    /// Channels between the two linear layers.
    public let squeezedChannels: Int
    /// F
    public let outputChannels: Int

    /// - Precondition: all sizes are positive.
    public init(batch: Int, positions: Int, channels: Int, squeezedChannels: Int, outputChannels: Int) {
        require(batch > 0 && positions > 0 && channels > 0, "a size is not positive")
        require(squeezedChannels > 0 && outputChannels > 0, "a size is not positive")
        self.batch = batch
        self.positions = positions
        self.channels = channels
        self.squeezedChannels = squeezedChannels
        self.outputChannels = outputChannels
    }

    public var rows: Int { batch * positions }
    public var inputCount: Int { rows * channels }
    public var outputCount: Int { rows * outputChannels }
    /// The 1×1 convolution behind the gates.
    public var projection: PointwiseGeometry {
        PointwiseGeometry(batch: batch, positions: positions, inputChannels: channels, outputChannels: outputChannels)
    }
}

/// The tensors of a squeeze-excitation, or their gradients: gates = σ(SiLU(means · reduce + reduceBias) · expand + expandBias).
public struct SqueezeExcitationTensors {
    /// [C, S]
    public let reduce: FloatBuffer
    /// [S]
    public let reduceBias: FloatBuffer
    /// [S, C]
    public let expand: FloatBuffer
    /// [C]
    public let expandBias: FloatBuffer

    public init(reduce: FloatBuffer, reduceBias: FloatBuffer, expand: FloatBuffer, expandBias: FloatBuffer) {
        self.reduce = reduce
        self.reduceBias = reduceBias
        self.expand = expand
        self.expandBias = expandBias
    }
}

/// What the way back needs of the way forward.
public struct SqueezeExcitationState {
    /// The map's means, [N, C].
    public let means: FloatBuffer
    /// Before SiLU, [N, S].
    public let hidden: FloatBuffer
    /// [N, C]
    public let gates: FloatBuffer

    public init(means: FloatBuffer, hidden: FloatBuffer, gates: FloatBuffer) {
        self.means = means
        self.hidden = hidden
        self.gates = gates
    }
}
