/// The sizes of one convolution over channels-last maps: input [N, H, W, C], weights [kH, kW, C, F], output
/// [N, oH, oW, F], zero padding on all four sides.
public struct ConvolutionGeometry: Hashable, Sendable {
    public let batch: Int
    public let inputHeight: Int
    public let inputWidth: Int
    public let inputChannels: Int
    public let outputChannels: Int
    public let kernelHeight: Int
    public let kernelWidth: Int
    public let stride: Int
    public let padding: Int

    /// - Precondition: all sizes and the stride are positive, padding is not negative, and the kernel fits in the padded
    ///   input.
    public init(
        batch: Int, inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int,
        kernelHeight: Int = 3, kernelWidth: Int = 3, stride: Int = 1, padding: Int = 1
    ) {
        require(batch > 0 && inputChannels > 0 && outputChannels > 0, "empty batch or no channels")
        require(inputHeight > 0 && inputWidth > 0, "empty input")
        require(kernelHeight > 0 && kernelWidth > 0 && stride > 0 && padding >= 0, "impossible kernel, stride or padding")
        require(
            inputHeight + 2 * padding >= kernelHeight && inputWidth + 2 * padding >= kernelWidth,
            "the kernel is larger than the padded input")
        self.batch = batch
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
        self.padding = padding
    }

    public var outputHeight: Int { (inputHeight + 2 * padding - kernelHeight) / stride + 1 }
    public var outputWidth: Int { (inputWidth + 2 * padding - kernelWidth) / stride + 1 }

    /// Elements of the input [N, H, W, C].
    public var inputCount: Int { batch * inputHeight * inputWidth * inputChannels }
    /// Elements of the output [N, oH, oW, F].
    public var outputCount: Int { outputRows * outputChannels }
    /// Elements of the weights [kH, kW, C, F].
    public var weightCount: Int { patchCount * outputChannels }
    /// Output positions of the whole batch, N · oH · oW: the rows of the product.
    public var outputRows: Int { batch * outputHeight * outputWidth }
    /// Input values that one output position sees, kH · kW · C: the inner size of the product.
    public var patchCount: Int { kernelHeight * kernelWidth * inputChannels }
    /// Multiply-adds of one direction, padding counted as if it were data.
    public var multiplyAdds: Int { outputRows * patchCount * outputChannels }
}
