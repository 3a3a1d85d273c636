import Tensors

/// What each channel of a block does to the convolution's output on the way forward and back, as rows of [C] floats in one
/// buffer. With batch norm (Ioffe and Szegedy 2015, algorithm 1), d the output gradient behind the ReLU:
///
///     output        = max(0, (z − mean) · factor + shift)               factor = scale / √(variance + ε)
///     inputGradient = (d − meanGradient − (z − mean) · slope) · factor
///
/// A block without batch norm is the same with mean, shift, meanGradient and slope 0 and factor 1.
public struct ChannelCoefficients {
    static let rowCount = 6

    let mean: UnsafeMutablePointer<Float>
    let factor: UnsafeMutablePointer<Float>
    let shift: UnsafeMutablePointer<Float>
    let meanGradient: UnsafeMutablePointer<Float>
    let slope: UnsafeMutablePointer<Float>
    /// 1 / √(variance + ε)
    let inverseDeviation: UnsafeMutablePointer<Float>
    let channels: Int

    /// Floats of a buffer for `channels` channels.
    public static func count(channels: Int) -> Int { rowCount * alignedCount(channels) }

    /// - Parameter buffer: `count(channels:)` floats.
    public init(_ buffer: FloatBuffer, channels: Int) {
        requireCount(buffer, Self.count(channels: channels), "buffer")
        let row = alignedCount(channels)
        self.channels = channels
        mean = buffer.pointer
        factor = buffer.pointer + row
        shift = buffer.pointer + 2 * row
        meanGradient = buffer.pointer + 3 * row
        slope = buffer.pointer + 4 * row
        inverseDeviation = buffer.pointer + 5 * row
    }

    /// Those of a block without batch norm.
    public func setIdentity() {
        for row in [mean, shift, meanGradient, slope] { row.update(repeating: 0, count: channels) }
        for row in [factor, inverseDeviation] { row.update(repeating: 1, count: channels) }
    }

    /// Those of a batch norm that is folded into a factor and a shift.
    func setAffine(factors: FloatBuffer, shift: FloatBuffer) {
        setIdentity()
        factor.update(from: factors.pointer, count: channels)
        self.shift.update(from: shift.pointer, count: channels)
    }

    @inline(__always)
    func vectors(at channel: Int, lanes: Int = vectorWidth) -> ChannelVectors {
        ChannelVectors(
            mean: mean.vector(at: channel, count: lanes), factor: factor.vector(at: channel, count: lanes),
            shift: shift.vector(at: channel, count: lanes), meanGradient: meanGradient.vector(at: channel, count: lanes),
            slope: slope.vector(at: channel, count: lanes))
    }
}

extension ChannelCoefficients: @unchecked Sendable {}

/// The coefficients of 16 channels.
struct ChannelVectors {
    let mean: Vector
    let factor: Vector
    let shift: Vector
    let meanGradient: Vector
    let slope: Vector

    /// Before the ReLU. The mean is subtracted first and not folded into the shift: that would cancel where the mean is large
    /// against the deviation.
    @inline(__always)
    func normalized(_ z: Vector) -> Vector { shift.addingProduct(z - mean, factor) }

    /// The gradient of z, given that of the normalised value.
    @inline(__always)
    func gradient(_ upper: Vector, _ z: Vector) -> Vector {
        (upper - meanGradient).addingProduct(mean - z, slope) * factor
    }
}
