import Kernels
import Tensors

extension Tensor {
    /// Label means [K, H, W, F] as a head with `headPool` sees them. Averaging is linear, so the pooled means are the means
    /// of the pooled maps.
    func pooled(to side: Int?) -> Tensor {
        guard let side, shape[1] > side || shape[2] > side else { return self }
        let geometry = AdaptivePoolGeometry(
            batch: shape[0], inputHeight: shape[1], inputWidth: shape[2], outputHeight: min(side, shape[1]),
            outputWidth: min(side, shape[2]), channels: shape[3])
        var pooled = Tensor([shape[0], geometry.outputHeight, geometry.outputWidth, shape[3]])
        withBuffer { input in
            pooled.withMutableBuffer { averagePoolForward(output: $0, input: input, geometry: geometry) }
        }
        return pooled
    }
}
