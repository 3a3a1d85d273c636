import Tensors

/// A convolution's output z, [rows, C], and what its batch norm makes of it: n = (z − mean) · factor + shift.
public struct NormalizedMap {
    public let convolved: FloatBuffer
    public let coefficients: ChannelCoefficients

    public init(_ convolved: FloatBuffer, _ coefficients: ChannelCoefficients) {
        self.convolved = convolved
        self.coefficients = coefficients
    }

    var channels: Int { coefficients.channels }
}

/// The gradient of a normalised map n, [rows, C], from which that of z follows once the coefficients of the way back are there:
/// `ChannelVectors.gradient`.
public struct NormalizedMapGradient {
    public let gradient: FloatBuffer
    public let map: NormalizedMap

    public init(_ gradient: FloatBuffer, of map: NormalizedMap) {
        self.gradient = gradient
        self.map = map
    }
}

/// The gradients of a batch norm's scale and shift, [C] each.
public struct BatchNormGradients {
    public let scale: FloatBuffer
    public let shift: FloatBuffer
    /// Whether they are added to what is there; else overwritten.
    public let adds: Bool

    public init(scale: FloatBuffer, shift: FloatBuffer, adds: Bool) {
        self.scale = scale
        self.shift = shift
        self.adds = adds
    }
}
