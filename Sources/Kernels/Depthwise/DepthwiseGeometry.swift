/// The sizes of a depthwise convolution over channels-last maps: input [N, H, W, C], weights [k, k, C], output [N, oH, oW, C],
/// k/2 rows and columns of zeros around the input.
public struct DepthwiseGeometry: Hashable, Sendable {
    public let batch: Int
    public let height: Int
    public let width: Int
    public let channels: Int
    /// Rows and columns of the kernel, odd.
    public let kernel: Int
    public let stride: Int

    /// - Precondition: all sizes are positive, the kernel odd, the stride 1 or 2.
    public init(batch: Int, height: Int, width: Int, channels: Int, kernel: Int, stride: Int) {
        require(batch > 0 && height > 0 && width > 0 && channels > 0, "a size is not positive")
        require(kernel > 0 && kernel % 2 == 1 && (stride == 1 || stride == 2), "an even kernel, or a stride other than 1 and 2")
        self.batch = batch
        self.height = height
        self.width = width
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
    }

    public var padding: Int { kernel / 2 }
    public var outputHeight: Int { (height - 1) / stride + 1 }
    public var outputWidth: Int { (width - 1) / stride + 1 }
    public var inputCount: Int { batch * height * width * channels }
    public var outputRows: Int { batch * outputHeight * outputWidth }
    public var outputCount: Int { outputRows * channels }
    public var weightCount: Int { taps * channels }
    var taps: Int { kernel * kernel }
    /// Of one direction, padding counted as if it were data.
    public var multiplyAdds: Int { outputCount * kernel * kernel }

    /// The rows of the input that a row of the output is made of, without the padding.
    func inputRows(of y: Int) -> Range<Int> {
        let first = y &* stride &- padding
        return max(0, first)..<min(height, first &+ kernel)
    }
}
