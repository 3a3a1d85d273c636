import Kernels
import Tensors

/// The tensors of a batch norm.
struct BatchNormEntries: Sendable {
    let scale: TensorLayout.Entry
    let shift: TensorLayout.Entry
    /// In the statistics' layout.
    let mean: TensorLayout.Entry
    let variance: TensorLayout.Entry

    var parameterCount: Int { scale.count + shift.count }

    /// The batch norm of inference as a factor and a bias of each channel, in Double: scale / √(variance + ε), and shift + (bias −
    /// mean) · factor.
    /// - Parameter bias: of the convolution in front of it; nil where it has none.
    func fold(
        _ parameters: ParameterVector, _ statistics: ParameterVector, bias: FloatBuffer?, factors: FloatBuffer, bias folded: FloatBuffer
    ) {
        let (scale, shift) = (parameters.buffer(scale), parameters.buffer(shift))
        let (mean, variance) = (statistics.buffer(mean), statistics.buffer(variance))
        for channel in 0..<scale.count {
            let factor = Double(scale[channel]) / (Double(variance[channel]) + Double(Network.batchNormEpsilon)).squareRoot()
            factors[channel] = Float(factor)
            folded[channel] = Float(Double(shift[channel]) + (Double(bias?[channel] ?? 0) - Double(mean[channel])) * factor)
        }
    }
}

extension BatchNormEntries {
    /// Adds the four tensors of a batch norm of so many channels under torchvision's names.
    init(_ name: String, channels: Int, parameters: inout TensorLayout, statistics: inout TensorLayout) {
        scale = parameters.appended(name + ".weight", [channels])
        shift = parameters.appended(name + ".bias", [channels])
        mean = statistics.appended(name + ".running_mean", [channels])
        variance = statistics.appended(name + ".running_var", [channels])
    }
}

extension TensorLayout {
    mutating func appended(_ name: String, _ shape: Shape) -> Entry {
        append(name, shape)
        return entries[entries.count - 1]
    }
}
