/// The sizes of a max-pool over channels-last maps: [N, H, W, C] to [N, oH, oW, C], without padding, rounding down.
public struct PoolGeometry: Hashable, Sendable {
    public let batch: Int
    public let height: Int
    public let width: Int
    public let channels: Int
    /// Rows and columns of a window.
    public let window: Int
    public let stride: Int

    /// - Precondition: all sizes are positive and the window fits in the map.
    public init(batch: Int, height: Int, width: Int, channels: Int, window: Int = 2, stride: Int = 2) {
        require(batch > 0 && channels > 0 && window > 0 && stride > 0, "a size is not positive")
        require(height >= window && width >= window, "the window is larger than the map")
        self.batch = batch
        self.height = height
        self.width = width
        self.channels = channels
        self.window = window
        self.stride = stride
    }

    public var outputHeight: Int { (height - window) / stride + 1 }
    public var outputWidth: Int { (width - window) / stride + 1 }
    public var inputCount: Int { batch * height * width * channels }
    public var outputCount: Int { batch * outputHeight * outputWidth * channels }
}

/// The sizes of an adaptive average pool: [N, H, W, C] to [N, oH, oW, C]. Output row i averages the input rows
/// ⌊i·H/oH⌋ ..< ⌈(i+1)·H/oH⌉, and columns alike, as PyTorch's AdaptiveAvgPool2d does; windows may overlap, and oH may
/// exceed H.
public struct AdaptivePoolGeometry: Hashable, Sendable {
    public let batch: Int
    public let inputHeight: Int
    public let inputWidth: Int
    public let outputHeight: Int
    public let outputWidth: Int
    public let channels: Int

    /// - Precondition: all sizes are positive.
    public init(batch: Int, inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int, channels: Int) {
        require(batch > 0 && inputHeight > 0 && inputWidth > 0 && channels > 0, "a size is not positive")
        require(outputHeight > 0 && outputWidth > 0, "an output size is not positive")
        self.batch = batch
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.outputHeight = outputHeight
        self.outputWidth = outputWidth
        self.channels = channels
    }

    public var inputCount: Int { batch * inputHeight * inputWidth * channels }
    public var outputCount: Int { batch * outputHeight * outputWidth * channels }

    /// The input rows (or columns) that output row `index` averages.
    static func window(_ index: Int, input: Int, output: Int) -> Range<Int> {
        (index * input / output)..<(((index + 1) * input + output - 1) / output)
    }
}
